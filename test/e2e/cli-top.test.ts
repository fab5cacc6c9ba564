import { type Program, runProgram, until } from "@cjm/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CliWorkspace } from "./cli-workspace.ts";

let workspace: CliWorkspace;
beforeEach(async () => {
  workspace = await CliWorkspace.create();
  await workspace.installProbe();
  await workspace.write(
    "gated.yaml",
    `
name: gated
nodes:
  gate: { capability: probe, action: gate, args: { file: ${JSON.stringify(workspace.at("open"))} } }
  beside: { capability: probe, action: echo, args: { text: hello } }
`,
  );
});
afterEach(() => workspace[Symbol.asyncDispose]());

interface Shown {
  readonly hosts: readonly {
    readonly info: { readonly pid: number };
    readonly status: { readonly running: number; readonly workers: readonly { readonly pid: number; readonly memoryMb: number }[] };
  }[];
}

const shown = async (): Promise<Shown> => JSON.parse((await workspace.cjm(["top", "--once", "--json"])).stdout) as Shown;

async function gated(): Promise<Program> {
  const run = workspace.start(["run", "gated.yaml"]);
  await until("it stands at the gate", async () => (await shown()).hosts[0]?.status.running === 1);
  return run;
}

test("one look: machine, hosts, workers, compositions, and what waits longest", async () => {
  await using run = await gated();
  const { code, stdout, stderr } = await workspace.cjm(["top", "--once"]);
  expect([code, stderr]).toEqual([0, ""]);
  const text = stdout
    .replace(/^memory .*$/m, "MACHINE")
    .replaceAll(/\b[0-9a-f]{8}\b/g, "SHORTID")
    .replaceAll(/\d+ min \d+ s|\d+(\.\d)? m?s\b/g, "TIME")
    .replaceAll(/\d+(\.\d)? MiB/g, "SIZE")
    .replace(/cli:\S+/, "WHO")
    .replaceAll(/\b\d{2,7}\b/g, "PID")
    .replaceAll(/ {2,}/g, "  ");
  expect(text).toBe(`MACHINE

host  who  up  lanes  running  waiting  completed  failed  cancelled
PID  WHO  TIME  1 of 4  1  1  0  0  0

worker  host  pid  state  memory  GPU  calls  waiting
probe  PID  PID  ready  SIZE  -  1 of 1  1

composition  name  host  age  nodes  runs now
SHORTID  gated  PID  TIME  0 of 2  gate, beside

waits longest  instance  call  for  why
SHORTID  probe  echo  TIME  Job SHORTID of probe runs alone: its first run is measured.
`);
  const { hosts } = await shown();
  expect(hosts.map(({ info }) => info.pid)).toEqual([run.pid]);
  expect(hosts[0]?.status.workers[0]?.memoryMb).toBeGreaterThan(10);
});

test("no host is no error", async () => {
  expect(await workspace.cjm(["top"])).toEqual({ code: 0, signal: null, stdout: "No host runs here.\n", stderr: "" });
});

test.each([
  ["q", "q"],
  ["Ctrl-C", "\u0003"],
])("on a terminal it follows what happens, and ends with %s", async (_name, key) => {
  await using _run = await gated();
  const { command, env } = workspace.commandLine(["top"]);
  const { code, stdout } = await runProgram("python3", ["-c", WATCH, workspace.at("open"), key, ...command], {
    cwd: workspace.path,
    env: { ...env, TERM: "xterm" },
  });
  expect(code).toBe(0);
  expect(stdout).toContain("gate, beside");
  expect(stdout).toContain("No host runs here.");
  // It draws over what it drew, and leaves its last state on the screen.
  expect(stdout.split("\u001b[").some((part) => /^\d+A/.test(part))).toBe(true);
  expect(stdout).not.toContain("Cancelling");
});

/** Opens the gate once the run is on the screen, and types the key once it is not there any more. */
const WATCH = `
import os, pty, sys
gate, key = sys.argv[1], sys.argv[2].encode()
screen, opened, typed = b"", False, False
def read(fd):
    global screen, opened, typed
    data = os.read(fd, 65536)
    screen += data
    if not opened and b"gate, beside" in screen:
        opened = True
        open(gate, "w").close()
    elif opened and not typed and b"No host runs here." in screen:
        # At first there is none yet either: only what comes after the run counts.
        if screen.rindex(b"No host runs here.") > screen.index(b"gate, beside"):
            typed = True
            os.write(fd, key)
    return data
status = pty.spawn(sys.argv[3:], read)
sys.exit(os.waitstatus_to_exitcode(status))
`;
