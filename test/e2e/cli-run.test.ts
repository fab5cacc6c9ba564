import { isRunning, type ProgramResult, until } from "@cjm/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CliWorkspace } from "./cli-workspace.ts";

let workspace: CliWorkspace;
const cjm = (...args: string[]): Promise<ProgramResult> => workspace.cjm(args);

beforeAll(async () => {
  workspace = await CliWorkspace.create();
  await workspace.installProbe();
  await workspace.write("odd.yaml", ODD_NUMBERS);
  await workspace.write("wait.yaml", "name: wait\nnodes:\n  wait: { capability: probe, action: wait }\n");
});
afterAll(() => workspace[Symbol.asyncDispose]());

/** Of the worker that was started last, by the journal. */
async function lastWorkerPid(): Promise<number> {
  const lines = (await cjm("logs", "--journal", "--json", "--limit", "0")).stdout.trim().split("\n");
  const row = JSON.parse(lines.findLast((line) => line.includes('"worker_spawned"')) ?? "{}") as { payload: { pid: number } };
  return row.payload.pid;
}

const ODD_NUMBERS = `
name: odd-numbers
inputs:
  numbers: { type: list }
  strict: { type: boolean, default: false }
nodes:
  odd: { capability: probe, action: odd, for_each: "\${inputs.numbers}", on_item_error: collect, max_concurrent: 2, args: { n: "\${item}" } }
  total: { capability: probe, action: add, args: { a: "\${nodes.odd[0]}", b: 10 } }
`;

describe("list", () => {
  test("shows what is installed", async () => {
    const { code, stdout } = await cjm("list");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^probe +1\.2\.3 +node +What tests ask for\.$/m);
  });

  test("shows one with actions, arguments and the secrets it wants", async () => {
    const { stdout } = await cjm("list", "probe");
    expect(stdout).toContain("a: integer, required");
    expect(stdout).toContain("b: integer, default 1");
    expect(stdout).toContain("cjm-ctl set-secret probe PROBE_KEY");
  });

  test("as JSON, one object with everything", async () => {
    const { capabilities, broken } = JSON.parse((await cjm("list", "--json")).stdout);
    expect(capabilities).toMatchObject([{ name: "probe", version: "1.2.3", runtime: "node", worker: "node" }]);
    expect(broken).toEqual([]);
  });

  test("says whether the environment is there", async () => {
    expect((await cjm("list", "--environments")).stdout).toContain(workspace.at("data/environments/node-probe"));
  });

  test("a damaged manifest is named and hides no other", async () => {
    await workspace.write("data/manifests/damaged.json", "{");
    const { code, stdout, stderr } = await cjm("list");
    await workspace.write("data/manifests/damaged.json", JSON.stringify({ unit: "adapter" }));
    expect([code, stdout.includes("probe"), stderr.includes("damaged.json is no manifest")]).toEqual([0, true, true]);
  });
});

describe("call", () => {
  test("prints text as it is and everything else as JSON", async () => {
    expect((await cjm("call", "probe", "echo", "--arg", "text=a b=c")).stdout).toBe("a b=c\n");
    expect(JSON.parse((await cjm("call", "probe", "add", "--arg", "a=2", "--arg", "tags=x,y")).stdout)).toEqual({
      sum: 3,
      tags: ["x", "y"],
    });
    expect((await cjm("call", "probe", "echo", "-a", "text=x", "--json")).stdout).toBe('"x"\n');
  });

  test("takes arguments as JSON from a pipe", async () => {
    const { stdout } = await workspace.cjm(["call", "probe", "add", "--args-json", "-", "--json"], { input: '{"a": 40, "b": 2}' });
    expect(stdout).toBe('{"sum":42,"tags":[]}\n');
  });

  test("an action that is not there is a usage error, before anything starts", async () => {
    const { code, stderr } = await cjm("call", "probe", "ecko");
    expect(code).toBe(2);
    expect(stderr).toContain("has no action 'ecko'. Did you mean 'echo'?");
  });

  test("a capability that is not there is named with those that are", async () => {
    const { code, stderr } = await cjm("call", "prob", "echo");
    expect(code).toBe(1);
    expect(stderr).toMatch(/There is no capability 'prob'\. Did you mean 'probe'\?[\s\S]*Installed are probe/);
  });

  test("what the capability refuses is said in its own words, without a stack", async () => {
    const { code, stdout, stderr } = await cjm("call", "probe", "odd", "--arg", "n=4");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("4 is even");
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test("--debug shows the capability's own stack", async () => {
    const { stderr } = await cjm("call", "probe", "defect", "--debug");
    expect(stderr).toMatch(/at .*probe\/index\.ts/);
  });

  test("as JSON an error is one object on stderr", async () => {
    const { stdout, stderr } = await cjm("call", "probe", "odd", "--arg", "n=4", "--json");
    expect(stdout).toBe("");
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "CJM_INPUT_INVALID", category: "user_input" } });
  });
});

describe("run", () => {
  test("shows a line for each node, results, failures and what to type next", async () => {
    const { code, stdout, stderr } = await cjm("run", "odd.yaml", "--set", "numbers=[1,2,3]");
    expect(code).toBe(0);
    expect(stderr).toMatch(/^✓ odd +completed, 2 of 3, 1 failed/m);
    expect(stderr).toMatch(/^✓ total +completed/m);
    expect(stdout).toMatch(/^odd-numbers completed in /);
    expect(stdout).toContain('"sum": 11');
    expect(stdout).toMatch(/1 failure\n +odd\[1\] 2 {2}2 is even/);
    const [runId] = /run_\w+/.exec(stdout) ?? [];
    const { stdout: journal } = await cjm("logs", "--run", runId ?? "", "--limit", "0");
    expect(journal).toMatch(/run_started[\s\S]*state_transition[\s\S]*run_finished/);
  });

  test("as JSON, the whole outcome on stdout and nothing on stderr when quiet", async () => {
    const { stdout, stderr } = await cjm("run", "odd.yaml", "--set", "numbers=[5]", "--json", "--quiet");
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({
      name: "odd-numbers",
      status: "completed",
      runId: expect.stringMatching(/^run_\d{8}_\d{6}_[0-9a-f]{8}$/),
      nodes: [
        { id: "odd", state: "completed", items: { total: 1, completed: 1 } },
        { id: "total", state: "completed" },
      ],
      results: { odd: [5], total: { sum: 15 } },
      failures: {},
    });
  });

  test("a composition that failed is exit code 1", async () => {
    const { code, stdout } = await cjm("run", "odd.yaml", "--set", "numbers=[2]");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^odd-numbers failed/);
  });

  test("inputs that are missing, unknown or wrong are all named before anything starts", async () => {
    const { code, stderr } = await cjm("run", "odd.yaml", "--set", "nmbers=[1]", "--set", "strict=perhaps");
    expect(code).toBe(1);
    expect(stderr).toContain("has no input 'nmbers'. Did you mean 'numbers'?");
    expect(stderr).toContain("numbers: is required");
    expect(stderr).toContain("strict: expected true or false");
  });

  test("a composition that asks for a capability that is not installed says what to do", async () => {
    await workspace.write("other.yaml", "name: other\nnodes:\n  a: { capability: not-there, action: x }\n");
    const { code, stderr } = await cjm("run", "other.yaml");
    expect(code).toBe(1);
    expect(stderr).toMatch(/There is no capability 'not-there'[\s\S]*install-all/);
  });

  test("a second Ctrl-C does not wait for a capability that hears nothing", async () => {
    await using program = workspace.start(["call", "probe", "stubborn"]);
    await using logs = workspace.start(["logs", "--follow", "--level", "warning", "--json"]);
    await logs.line(/hearing nothing/);
    const pid = await lastWorkerPid();
    program.kill("SIGINT");
    await program.line(/Cancelling/);
    program.kill("SIGINT");
    expect(await program.result).toMatchObject({ code: null, signal: "SIGINT" });
    await until("the worker ended with its host", () => !isRunning(pid));
  });

  test("Ctrl-C cancels, tidies up and ends with 130", async () => {
    await using program = workspace.start(["run", "wait.yaml"]);
    await using logs = workspace.start(["logs", "--follow", "--level", "warning", "--json"]);
    await logs.line(/waiting now/);
    const pid = await lastWorkerPid();
    program.kill("SIGINT");
    const { code, stdout, stderr } = await program.result;
    expect(code).toBe(130);
    expect(stderr).toContain("Cancelling");
    expect(stdout).toMatch(/^wait cancelled/);
    expect(isRunning(pid)).toBe(false);
    logs.kill("SIGINT");
    expect((await logs.result).code).toBe(130);
  });
});
