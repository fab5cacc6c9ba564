import { existsSync, readFileSync, statSync } from "node:fs";
import { runProgram } from "@cjm/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
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
  const script = `
import os, pty, sys
answer = sys.argv[1].encode()
seen = b""
def read(fd):
    global seen
    data = os.read(fd, 4096)
    if b"API_KEY" in data and answer not in seen:
        seen = answer
        os.write(fd, answer + b"\\r")
    return data
status = pty.spawn(sys.argv[2:], read)
sys.exit(os.waitstatus_to_exitcode(status))
`;
  const cli = workspace.commandLine(["set-secret", "probe", "API_KEY"]);
  const { code, stdout } = await runProgram(
    "python3",
    ["-c", script, "typed-secret", "sh", "-c", `stty cols 80 rows 24; exec "$@"`, "sh", ...cli.command],
    {
      cwd: workspace.path,
      env: cli.env,
    },
  );
  expect(code).toBe(0);
  expect(stored()).toEqual({ __default__: { probe: { API_KEY: "typed-secret" } } });
  expect(stdout).toContain("Kept API_KEY of probe");
  expect(stdout).not.toContain("typed-secret");
});

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
