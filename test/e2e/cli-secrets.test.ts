import { chmodSync, existsSync, readFileSync, statSync } from "node:fs";
import { runProgram, skip } from "@cjm/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { asOtherUser, whyNoOtherUser } from "./as-other-user.ts";
import { CliWorkspace } from "./cli-workspace.ts";

let workspace: CliWorkspace;
beforeEach(async () => {
  workspace = await CliWorkspace.create();
});
afterEach(() => workspace[Symbol.asyncDispose]());

const SECRET = "s3cr3t-größe";
const stored = (): unknown => JSON.parse(readFileSync(workspace.at("data/secrets/secrets.json"), "utf8"));

test("a piped value is kept for the owner alone and printed by nothing", async () => {
  const results = [
    await workspace.cjm(["set-secret", "probe", "API_KEY"], { input: `${SECRET}\n` }),
    await workspace.cjm(["set-secret", "probe", "OTHER", "--json"], { input: SECRET }),
    await workspace.cjm(["list-secrets", "probe"]),
    await workspace.cjm(["list-secrets", "probe", "--json"]),
  ];
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  expect(results.map(({ stdout, stderr }) => stdout + stderr).join("")).not.toContain(SECRET);
  expect(stored()).toEqual({ __default__: { probe: { API_KEY: SECRET, OTHER: SECRET } } });
  expect(statSync(workspace.at("data/secrets/secrets.json")).mode & 0o777).toBe(0o600);
  expect(statSync(workspace.at("data/secrets")).mode & 0o777).toBe(0o700);
  expect(results[2]?.stdout).toBe("API_KEY\nOTHER\n");
  expect(JSON.parse(results[3]?.stdout ?? "")).toEqual({ name: "probe", keys: ["API_KEY", "OTHER"] });
});

test("a value can come from a file, and never from the command line", async () => {
  await workspace.write("value", `${SECRET}\n`);
  expect((await workspace.cjm(["set-secret", "probe", "K", "--value-file", "value"])).code).toBe(0);
  expect(stored()).toEqual({ __default__: { probe: { K: SECRET } } });
  const { code, stderr } = await workspace.cjm(["set-secret", "probe", "K", "--value", SECRET]);
  expect([code, stderr.includes("shell's history"), stderr.includes(SECRET)]).toEqual([2, true, false]);
});

test("a typed value is not shown on the terminal", async () => {
  const { code, stdout } = await typed(["set-secret", "probe", "API_KEY"], "typed-secret\r");
  expect(code).toBe(0);
  expect(stored()).toEqual({ __default__: { probe: { API_KEY: "typed-secret" } } });
  expect(stdout).toContain("Kept API_KEY of probe");
  expect(stdout).not.toContain("typed-secret");
});

test.each([
  ["Ctrl-C", "half a sec\u0003"],
  ["Escape", "half a sec\u001b"],
])("%s at the hidden question keeps nothing, shows nothing and ends with 130", async (_, keys) => {
  const { code, stdout } = await typed(["set-secret", "probe", "API_KEY"], keys);
  expect(code).toBe(130);
  expect(stdout).not.toContain("half a sec");
  expect(existsSync(workspace.at("data/secrets/secrets.json"))).toBe(false);
});

/** Runs the command on a terminal of its own and types once it asks; stdout is what stood on the terminal. */
async function typed(args: readonly string[], keys: string) {
  const { command, env } = workspace.commandLine(args);
  const sized = ["sh", "-c", `stty cols 80 rows 24; exec "$@"`, "sh", ...command];
  return await runProgram("python3", ["-c", TYPE_WHEN_ASKED, keys, ...sized], { cwd: workspace.path, env });
}

const TYPE_WHEN_ASKED = `
import os, pty, sys
keys = sys.argv[1].encode()
typed = False
def read(fd):
    global typed
    data = os.read(fd, 4096)
    if b"API_KEY of probe" in data and not typed:
        typed = True
        os.write(fd, keys)
    return data
status = pty.spawn(sys.argv[2:], read)
sys.exit(os.waitstatus_to_exitcode(status))
`;

test("Ctrl-C while it waits for the value ends at once and keeps nothing", async () => {
  const cli = workspace.commandLine(["set-secret", "probe", "K"]);
  const { code } = await runProgram("python3", ["-c", INTERRUPT_WITH_OPEN_STDIN, ...cli.command], { cwd: workspace.path, env: cli.env });
  expect(code).toBe(130);
  expect(existsSync(workspace.at("data/secrets/secrets.json"))).toBe(false);
});

/** Starts the command with a pipe that stays open, interrupts it once it has started reading, and ends with its exit code. */
const INTERRUPT_WITH_OPEN_STDIN = `
import os, signal, subprocess, sys, time
process = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stderr=subprocess.PIPE)
def handles_signals():  # SIGHUP: the others Node itself handles from its first moment
    with open(f"/proc/{process.pid}/status") as status:
        caught = next(line for line in status if line.startswith("SigCgt"))
    return int(caught.split()[1], 16) >> (signal.SIGHUP - 1) & 1
while not handles_signals():
    time.sleep(0.01)
process.send_signal(signal.SIGINT)
sys.exit(process.wait())
`;

test("an empty value is refused", async () => {
  const { code, stderr } = await workspace.cjm(["set-secret", "probe", "K"], { input: "\n" });
  expect([code, stderr.includes("The value is empty")]).toEqual([2, true]);
});

test("forgetting one leaves the others, and says when there was none", async () => {
  for (const key of ["A", "B"]) await workspace.cjm(["set-secret", "probe", key], { input: SECRET });
  expect((await workspace.cjm(["delete-secret", "probe", "A"])).code).toBe(0);
  expect(stored()).toEqual({ __default__: { probe: { B: SECRET } } });
  const { code, stderr } = await workspace.cjm(["delete-secret", "probe", "A"]);
  expect([code, stderr.includes("There is no secret A of probe.")]).toEqual([1, true]);
});

test("a damaged file is refused, left as it is, and not quoted", async () => {
  await workspace.write("data/secrets/secrets.json", `{"__default__": {"probe": {"K": "${SECRET}"`);
  for (const args of [
    ["set-secret", "probe", "K2"],
    ["list-secrets", "probe"],
    ["delete-secret", "probe", "K"],
  ]) {
    const { code, stderr } = await workspace.cjm([...args, "--debug"], { input: "v" });
    expect([code, stderr.includes("CJM_SECRET_STORE_CORRUPT"), stderr.includes(SECRET)]).toEqual([1, true, false]);
  }
  expect(readFileSync(workspace.at("data/secrets/secrets.json"), "utf8")).toContain(SECRET);
});

test("writers at the same time lose nothing", async () => {
  const keys = ["A", "B", "C", "D"];
  const written = await Promise.all(keys.map((key) => workspace.cjm(["set-secret", "probe", key], { input: `value of ${key}` })));
  expect(written.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  expect(stored()).toEqual({ __default__: { probe: Object.fromEntries(keys.map((key) => [key, `value of ${key}`])) } });
});

test("a file that others may read is closed when it is looked at", async () => {
  await workspace.cjm(["set-secret", "probe", "K"], { input: SECRET });
  chmodSync(workspace.at("data/secrets/secrets.json"), 0o644);
  expect((await workspace.cjm(["list-secrets", "probe"])).stdout).toBe("K\n");
  expect(statSync(workspace.at("data/secrets/secrets.json")).mode & 0o777).toBe(0o600);
});

test("each scope has its own", async () => {
  await workspace.cjm(["set-secret", "probe", "K", "--scope", "tests"], { input: "other" });
  await workspace.cjm(["set-secret", "probe", "K"], { input: SECRET });
  expect(stored()).toEqual({ __default__: { probe: { K: SECRET } }, tests: { probe: { K: "other" } } });
  expect((await workspace.cjm(["delete-secret", "probe", "K", "--scope", "tests"])).code).toBe(0);
  expect((await workspace.cjm(["list-secrets", "probe", "--scope", "tests"])).stdout).toBe("");
  expect((await workspace.cjm(["list-secrets", "probe"])).stdout).toBe("K\n");
});

test("a name that nothing installed has is doubted, with the one that may have been meant", async () => {
  await workspace.installProbe();
  const slip = await workspace.cjm(["set-secret", "prob", "K"], { input: SECRET });
  expect([slip.code, slip.stderr]).toEqual([0, expect.stringContaining("No capability 'prob' is installed. Did you mean 'probe'?")]);
  expect((await workspace.cjm(["list-secrets", "prbe"])).stderr).toContain("Did you mean 'probe'?");
  expect((await workspace.cjm(["delete-secret", "prbe", "K"])).stderr).toContain("Did you mean 'probe'?");
  await workspace.cjm(["set-secret", "probe", "API_KEY"], { input: SECRET });
  const deleted = await workspace.cjm(["delete-secret", "probe", "API_KYE"]);
  expect([deleted.code, deleted.stderr]).toEqual([1, expect.stringContaining("Did you mean 'API_KEY'?")]);
});

test("what is wrong is said before anything is asked: names, files, values", async () => {
  const cases: [string[], string, string][] = [
    [["set-secret", "probe", "MY KEY"], "v", "cannot be the name of a secret"],
    [["set-secret", "../probe", "K"], "v", "cannot be the name of a capability"],
    [["set-secret", "probe", "K", "--value-file", "gone"], "", "cannot be read"],
    [["set-secret", "probe", "K"], "a\0b", "NUL byte"],
    [["set-secret", "probe"], "v", "The argument <key> is missing."],
  ];
  for (const [args, input, message] of cases) {
    const { code, stdout, stderr } = await workspace.cjm(args, { input });
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining(message)]);
    expect(stderr).not.toMatch(/^\s+at /m);
  }
  expect(existsSync(workspace.at("data/secrets/secrets.json"))).toBe(false);
});

test("secrets of somebody else, and a folder that may not be written to, are said without a stack", async (context) => {
  const reason = await whyNoOtherUser(workspace);
  if (reason !== null) skip(context, reason);
  await workspace.write("data/secrets/secrets.json", "{}");
  chmodSync(workspace.at("data/secrets"), 0o000);
  for (const args of [
    ["set-secret", "probe", "K"],
    ["list-secrets", "probe"],
    ["delete-secret", "probe", "K"],
  ]) {
    const { code, stderr } = await asOtherUser(workspace, args, SECRET);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/permission is denied[\s\S]*are yours/)]);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr).not.toContain(SECRET);
    chmodSync(workspace.at("data/secrets"), 0o000);
  }
  // Whoever is not root could not take the folder away.
  chmodSync(workspace.at("data/secrets"), 0o700);
});
