import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Program, runProgram } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CliWorkspace } from "./cli-workspace.ts";

let workspace: CliWorkspace;
beforeEach(async () => {
  workspace = await CliWorkspace.create();
});
afterEach(() => workspace[Symbol.asyncDispose]());

/** A registry that refuses at once: nothing here may need a network. */
const OFFLINE = { npm_config_registry: "http://127.0.0.1:9/", PIP_INDEX_URL: "http://127.0.0.1:9/", PIP_RETRIES: "0" };
const cjm = (...args: string[]) => workspace.cjm(args, { env: OFFLINE });
const read = (path: string): Promise<string> => readFile(workspace.at(path), "utf8");

describe("a capability made by init, untouched", () => {
  test.each(["typescript", "javascript", "python"])(
    "in %s: validates, passes its own test, installs, runs, and is composed",
    async (language) => {
      const made = await cjm("init", "capability", "word-smith", "--language", language);
      expect(made).toMatchObject({ code: 0, stderr: expect.stringContaining("Next: cjm-ctl validate capabilities/word-smith") });

      const valid = await cjm("validate", "capabilities/word-smith");
      expect(valid).toMatchObject({ code: 0, stdout: expect.stringContaining("word-smith 0.1.0") });

      const [program, ...args] = language === "python" ? ["python3", "-m", "unittest"] : [process.execPath, "--test"];
      const tested = await runProgram(program ?? "", args, {
        cwd: workspace.at("capabilities/word-smith"),
        env: { NODE_OPTIONS: undefined, NODE_TEST_CONTEXT: undefined, PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` },
      });
      expect(tested.stdout + tested.stderr).toMatch(/Ran 2 tests|pass 2/);
      expect(tested.code).toBe(0);

      expect(await cjm("install-all")).toMatchObject({ code: 0, stdout: expect.stringContaining("1 installed") });
      const called = await cjm("call", "word-smith", "greet", "--arg", "name=Ada", "--json");
      expect(called).toMatchObject({ code: 0, stdout: '{"text":"Hello, Ada!"}\n' });

      expect(await cjm("init", "composition", "party")).toMatchObject({ code: 0 });
      expect(await cjm("validate", "compositions/party.yaml")).toMatchObject({ code: 0, stdout: expect.not.stringContaining("warning") });
      const run = await cjm("run", "compositions/party.yaml", "--set", "name=Bo", "--json");
      expect([run.code, run.stdout]).toEqual([0, expect.stringContaining('"text":"Hello, Bo!"')]);
    },
    120_000,
  );
});

describe("a project", () => {
  test("with a first capability, in a folder of its own", async () => {
    const { code, stdout, stderr } = await cjm("init", "project", "--hello", "--language", "python");
    expect(code).toBe(0);
    expect(stdout).toContain("made      project/cjm.yaml");
    expect(stderr).toContain("Next: cd project");
    expect((await cjm("init", "my project", "--dry-run")).stderr).toContain("Next: cd 'my project'");
    expect(await read("project/.gitignore")).toContain(".cjm/");
    expect(await read("project/capabilities.yaml")).toContain("package: ./capabilities/hello");
    expect(await workspace.cjm(["validate", "capabilities.yaml"], { cwd: workspace.at("project") })).toMatchObject({ code: 0 });
    expect(await workspace.cjm(["validate", "cjm.yaml"], { cwd: workspace.at("project") })).toMatchObject({ code: 0 });
  });

  test("is never overwritten; --force replaces what is its own, and keeps capabilities.yaml", async () => {
    const refused = await cjm("init");
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(workspace.at("cjm.yaml"))]);
    expect(existsSync(workspace.at("capabilities.yaml"))).toBe(false);
    await workspace.write("capabilities.yaml", "capabilities:\n  - { name: mine, runtime: node, package: ./mine }\n");
    const forced = await cjm("init", "--force");
    expect([forced.code, forced.stdout]).toEqual([0, expect.stringContaining("changed   cjm.yaml")]);
    expect(await read("capabilities.yaml")).toContain("name: mine");
    expect(await cjm("init")).toMatchObject({ code: 0, stdout: expect.not.stringContaining("made") });
  });

  test("--dry-run says what would be made and makes nothing", async () => {
    const dry = await cjm("init", "project", "--hello", "--dry-run");
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringContaining("would make   project/capabilities/hello/src/index.ts")]);
    expect(existsSync(workspace.at("project"))).toBe(false);
  });
});

test("an edited capability is not overwritten, and its entry stands once", async () => {
  await cjm("init", "capability", "tool", "-l", "js");
  await writeFile(workspace.at("capabilities/tool/src/index.js"), "// mine\n");
  const again = await cjm("init", "capability", "tool", "-l", "js");
  expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("src/index.js")]);
  expect(await read("capabilities/tool/src/index.js")).toBe("// mine\n");
  expect(await cjm("init", "capability", "tool", "-l", "js", "--force")).toMatchObject({ code: 0 });
  expect(await read("capabilities/tool/src/index.js")).toContain("export class Tool ");
  expect((await read("capabilities.yaml")).match(/name: tool/g)).toHaveLength(1);
});

test("links to the author SDK are made again, as after a clone", async () => {
  await cjm("init", "capability", "one", "-l", "ts");
  await cjm("init", "capability", "two", "-l", "py", "--dir", "elsewhere");
  const links = ["capabilities/one/node_modules/@cjm/capability", "elsewhere/tests/.sdk"].map((path) => workspace.at(path));
  for (const link of links) await rm(link);
  expect(await cjm("init", "sdk", "--json")).toMatchObject({ code: 0 });
  expect(links.map((link) => existsSync(link))).toEqual([true, true]);
});

describe("what is missing or wrong is said, and leaves nothing", () => {
  test.each([
    [["capability"], "Name of the capability? Nobody can be asked here."],
    [["capability", "x"], "Say --language: typescript, javascript, python."],
    [["capability", "x", "-l", "rust"], "There is no template for 'rust'."],
    [["capability", "My_Tool", "-l", "ts"], "such as my-tool"],
    [["capability", "json", "-l", "py"], "Python has something called 'json' already."],
    [["capability", "import", "-l", "py"], "Python has something called 'import' already."],
    [["capability", "x", "--hello"], "--hello means nothing for a capability."],
    [["composition", "c"], "Nothing is installed yet: cjm-ctl install-all"],
    [["project", "extra"], "'extra' is one argument too many"],
    [["--language", "ts"], "--language means nothing for a project."],
    [["sdk", "--force"], "--force means nothing"],
  ])("%j", async (args, message) => {
    const { code, stderr } = await cjm("init", ...args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    expect(existsSync(workspace.at("capabilities.yaml"))).toBe(false);
  });

  test("a composition of what is not installed, or not said", async () => {
    await workspace.installProbe();
    const unknown = await cjm("init", "composition", "c", "--call", "probe:ecko");
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("Did you mean 'echo'?")]);
    const unsaid = await cjm("init", "composition", "c");
    expect([unsaid.code, unsaid.stderr]).toEqual([2, expect.stringContaining("There are probe:echo, probe:add")]);
    const named = await cjm("init", "composition", "../c", "--call", "probe");
    expect([named.code, named.stderr]).toEqual([2, expect.stringContaining("cannot be the name of a composition")]);
  });
});

/** Runs a program on a terminal of its own, presses Enter once it shows the last choice, and ends as it ends. */
const ON_A_TERMINAL = `
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
seen, answered = b"", False
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    if not data:
        break
    seen += data
    if not answered and b"python" in seen:
        os.write(terminal, sys.stdin.buffer.read(1))
        answered = True
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

describe("on a terminal what is missing is asked for", () => {
  test.each([
    ["Enter takes the first language", "\r", 0, true],
    ["Ctrl-C makes nothing", "\u0003", 130, false],
  ])("%s", async (_what, input, code, isMade) => {
    const { command, env } = workspace.commandLine(["init", "capability", "asked"]);
    const { TERM = "xterm" } = process.env;
    await using program = new Program("python3", ["-c", ON_A_TERMINAL, ...command], { cwd: workspace.path, env: { ...env, TERM }, input });
    expect((await program.result).code).toBe(code);
    expect(existsSync(workspace.at("capabilities/asked/src/index.ts"))).toBe(isMade);
  });
});
