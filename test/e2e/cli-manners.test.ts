import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { runProgram, temporaryFolder, until } from "@cjm/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMANDS, commandName } from "../../packages/cli/src/commands/command-table.ts";
import { CliWorkspace } from "./cli-workspace.ts";

// Goes over the command table itself: whatever is added to it is held to the manners of all.

let workspace: CliWorkspace;
beforeAll(async () => {
  workspace = await CliWorkspace.create();
  await workspace.installProbe();
  await workspace.write("capabilities.yaml", "capabilities: []\n");
  await workspace.write("flow.yaml", "name: flow\nnodes:\n  a: { capability: probe, action: echo }\n");
});
afterAll(() => workspace[Symbol.asyncDispose]());

const NAMES = COMMANDS.map(commandName);
const ESCAPE = String.fromCharCode(27);
const STACK = /^\s+at /m;
const STDIN = { input: "value\n" };

interface Reported {
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null; readonly stack?: string };
}
const reported = (stderr: string): Reported => JSON.parse(stderr) as Reported;

test("the help lists every command with what it does", async () => {
  const { code, stdout, stderr } = await workspace.cjm(["--help"]);
  expect([code, stderr]).toEqual([0, ""]);
  for (const name of NAMES) expect(stdout).toMatch(new RegExp(`^ +cjm-ctl ${name}\\b.* \\w`, "m"));
  expect(stdout).toContain("Exit codes: 0 done, 1 failed, 2 not understood, 130 interrupted here.");
});

describe.each(COMMANDS.map((entry) => [commandName(entry), entry] as const))("%s", (name, entry) => {
  test("explains itself: what it does, every option, examples, exit codes", async () => {
    const [{ code, stdout, stderr }, command] = await Promise.all([workspace.cjm([name, "-h"]), entry.load()]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(new RegExp(`^cjm-ctl ${name}\\b`));
    expect(stdout).toContain(entry.summary);
    expect(stdout).toMatch(/^Examples:\n +\S/m);
    expect(stdout).toMatch(/^Exit codes: 0 done, 1 .*2 not understood/m);
    for (const option of ["--json", "--quiet", "--debug", "--no-color", "--data-dir", "--cjm-config"]) expect(stdout).toContain(option);
    const everywhere = stdout.indexOf("\nEverywhere:\n");
    expect(everywhere).toBeGreaterThan(0);
    for (const [option, { describe: text, hidden }] of Object.entries(command.options)) {
      if (hidden !== true) expect([option, stdout.search(new RegExp(`^ .*--${option}\\b`, "m")) < everywhere]).toEqual([option, true]);
      if (hidden !== true)
        expect([option, typeof text === "string" && text !== "", stdout.includes(`--${option}`)]).toEqual([option, true, true]);
    }
    for (const [positional, { describe: text }] of Object.entries(command.positionals))
      expect([positional, typeof text]).toEqual([positional, "string"]);
    for (const [, purpose] of command.examples) expect(purpose).not.toBe("");
  });

  test("a mistyped option: 2, nothing on stdout, the one that was meant, no stack; the stack with --debug; JSON with --json", async () => {
    const [plain, debug, json] = await Promise.all([
      workspace.cjm([name, "--quite"], STDIN),
      workspace.cjm([name, "--quite", "--debug"], STDIN),
      workspace.cjm([name, "--quite", "--debug", "--json"], STDIN),
    ]);
    for (const { code, stdout } of [plain, debug, json]) expect([code, stdout]).toEqual([2, ""]);
    expect(plain.stderr).toContain("There is no option --quite. Did you mean '--quiet'?");
    expect(plain.stderr).not.toMatch(STACK);
    expect(plain.stderr).not.toContain(ESCAPE);
    expect(debug.stderr).toMatch(STACK);
    expect(reported(json.stderr).error).toMatchObject({
      code: "CJM_USAGE",
      hint: expect.stringContaining(`cjm-ctl ${name} --help`),
      stack: expect.stringMatching(STACK),
    });
  });

  const required = [...entry.usage.matchAll(/<([\w-]+)(?:\.\.)?>/g)].map(([, positional = ""]) => positional);
  if (required.length > 0) {
    test("arguments that are missing are named beside the usage: 2, and no stack", async () => {
      const { code, stdout, stderr } = await workspace.cjm([name], STDIN);
      expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining(`Write it as cjm-ctl ${entry.usage}.`)]);
      for (const positional of required) expect(stderr).toContain(`<${positional}`);
      expect(stderr).not.toMatch(STACK);
    });
  }

  if (!entry.usage.includes("..")) {
    test("an argument too many: 2, and no stack, also with --json", async () => {
      const most = [...entry.usage.matchAll(/[<[]/g)].map((_, place) => `word-${place}`);
      const { code, stdout, stderr } = await workspace.cjm([name, ...most, "surplus", "--json"], STDIN);
      expect([code, stdout]).toEqual([2, ""]);
      expect(reported(stderr).error).toMatchObject({ code: "CJM_USAGE", message: "'surplus' is one argument too many." });
      expect(reported(stderr).error.stack).toBeUndefined();
    });
  }
});

/** What needs the configuration, with arguments that would do; what is left out works without. */
const WITH_CONFIGURATION: readonly (readonly string[])[] = [
  ["install-all"],
  ["list"],
  ["call", "probe", "echo"],
  ["resume"],
  ["logs"],
  ["config"],
  ["set-secret", "probe", "KEY"],
  ["list-secrets", "probe"],
  ["delete-secret", "probe", "KEY"],
  ["retention"],
  ["repair", "probe"],
  ["remove", "probe"],
  ["regenerate-manifest", "probe"],
  ["gc"],
  ["setup-runtime"],
  ["ps"],
  ["top"],
  ["why", "a-job"],
  ["cancel", "a-job"],
  ["inspect", "a-job"],
  ["doctor"],
];

test.each(WITH_CONFIGURATION)("a damaged cjm.yaml: %s %s says file, line and field, without a stack", async (...words) => {
  await workspace.write("damaged/cjm.yaml", "data_dir: x\nsubstrate:\n  drift_detection: maybe\n");
  const args = words.filter((word) => word !== undefined);
  const { code, stdout, stderr } = await workspace.cjm([...args, "--json"], { cwd: workspace.at("damaged"), ...STDIN });
  expect([code, stdout]).toEqual([1, ""]);
  expect(reported(stderr).error).toMatchObject({
    code: "CJM_CONFIG_INVALID",
    message: expect.stringMatching(/damaged\/cjm\.yaml has a fault:\n {2}- line 3: substrate\.drift_detection: /),
  });
  expect(stderr).not.toMatch(STACK);
});

test.each(WITH_CONFIGURATION)("Ctrl-C before anything is done: %s %s does nothing and ends with 130", async (...words) => {
  const args = words.filter((word) => word !== undefined);
  await using folder = await temporaryFolder();
  const pipe = join(folder.path, "cjm.yaml");
  execFileSync("mkfifo", [pipe]);
  await using program = workspace.start([...args, "--cjm-config", pipe], STDIN);
  let writer = -1;
  await until("it reads its configuration", () => {
    writer = openedForWriting(pipe);
    return writer >= 0;
  });
  program.kill("SIGINT");
  await program.line(/Cancelling; press Ctrl-C again/);
  writeSync(writer, "data_dir: ./data\n");
  closeSync(writer);
  expect(await program.result).toMatchObject({ code: 130, stdout: "" });
  expect(readdirSync(folder.path)).toEqual(["cjm.yaml"]);
});

/** Opening a pipe for writing without waiting works only when somebody reads it; -1 when nobody does. */
function openedForWriting(path: string): number {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return -1;
  }
}

/** Command lines that succeed here, one document or one document a line on stdout with --json. */
const SUCCEEDING: readonly (readonly string[])[] = [
  ["list"],
  ["list", "probe"],
  ["call", "probe", "echo", "--arg", "text=hello"],
  ["resume"],
  ["logs", "--journal"],
  ["validate", "cjm.yaml"],
  ["config"],
  ["config", "data_dir"],
  ["workspace-init", "made"],
  ["workspace-doctor", "-w", "made"],
  ["set-secret", "probe", "KEY"],
  ["list-secrets", "probe"],
  ["delete-secret", "probe", "KEY"],
  ["retention"],
  ["gc", "--dry-run"],
  ["completion", "zsh"],
  ["run", "flow.yaml", "--dry-run"],
  ["ps"],
  ["top", "--once"],
  ["init", "started"],
  ["setup-runtime"],
  ["setup-host", "--yes"],
  ["install-all"],
];

/** What cannot succeed without more than this workspace has, with the test in which it does, also with --json. */
const SUCCEEDING_ELSEWHERE: Readonly<Record<string, string>> = {
  repair: "cli-install",
  "regenerate-manifest": "cli-install",
  "generate-adapter-manifest": "cli-install",
  remove: "cli-install",
  why: "cli-jobs",
  cancel: "cli-jobs",
  inspect: "cli-jobs",
  doctor: "cli-doctor",
};

test("every command is seen to succeed", () => {
  const here = new Set(SUCCEEDING.map(([name]) => name));
  for (const name of NAMES.filter((one) => !here.has(one))) {
    const file = SUCCEEDING_ELSEWHERE[name];
    const text = file === undefined ? "" : readFileSync(join(import.meta.dirname, `${file}.test.ts`), "utf8");
    expect([name, text.includes(`"${name}"`)]).toEqual([name, true]);
  }
});

test("what succeeds: --json is JSON and nothing else, --quiet is silent on stderr, colours are for terminals", async () => {
  for (const args of SUCCEEDING) {
    const json = await workspace.cjm([...args, "--json", "--quiet"], STDIN);
    expect([args, json.code, json.stderr]).toEqual([args, 0, ""]);
    for (const line of json.stdout.split("\n").filter(Boolean)) expect([args, JSON.parse(line)]).toEqual([args, expect.anything()]);
    expect([args, json.stdout === ""]).toEqual([args, false]);
  }
  for (const args of SUCCEEDING.filter(([name]) => name !== "delete-secret")) {
    const plain = await workspace.cjm(args, STDIN);
    expect([args, plain.code, (plain.stdout + plain.stderr).includes(ESCAPE)]).toEqual([args, 0, false]);
  }
  // Some fifty programs, one after another, in one test.
}, 1_200_000);

test.each([
  ["list", "prob"],
  ["call", "prob", "echo"],
  ["remove", "prob"],
  ["repair", "prob"],
  ["regenerate-manifest", "prob"],
])("a mistyped capability: %s %s", async (...words) => {
  const { code, stderr } = await workspace.cjm(words.filter((word) => word !== undefined));
  expect([code, stderr]).toEqual([1, expect.stringContaining("Did you mean 'probe'?")]);
  expect(stderr).not.toMatch(STACK);
});

test("colours on a terminal, and none there with NO_COLOR, --no-color or TERM=dumb", async () => {
  const onTerminal = async (args: readonly string[], env: Record<string, string>): Promise<string> => {
    const cli = workspace.commandLine(args);
    const options = { cwd: workspace.path, env: { ...cli.env, TERM: "xterm", ...env } };
    return (await runProgram("python3", ["-c", "import pty, sys; pty.spawn(sys.argv[1:])", ...cli.command], options)).stdout;
  };
  const [plain, ...without] = await Promise.all([
    onTerminal(["list"], {}),
    onTerminal(["list"], { NO_COLOR: "1" }),
    onTerminal(["list", "--no-color"], {}),
    onTerminal(["list"], { TERM: "dumb" }),
  ]);
  expect(plain).toContain(`${ESCAPE}[`);
  for (const text of without) expect([text.includes("probe"), text.includes(ESCAPE)]).toEqual([true, false]);
});

test("'help COMMAND' shows the help of the command", async () => {
  const { code, stdout } = await workspace.cjm(["help", "run"]);
  expect([code, stdout]).toEqual([0, (await workspace.cjm(["run", "--help"])).stdout]);
});

test("a result that a full disk swallows is a failure", async () => {
  const main = join(import.meta.dirname, "../../packages/cli/src/main.ts");
  const command = ["-c", 'exec "$0" "$1" config --json >/dev/full', process.execPath, main];
  const { code, stderr } = await runProgram("sh", command, { cwd: workspace.at(".") });
  expect([code, reported(stderr).error.code]).toEqual([1, "CJM_STORE_FAILED"]);
});
