import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isRunning, until } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CliWorkspace } from "./cli-workspace.ts";

let workspace: CliWorkspace;
beforeEach(async () => {
  workspace = await CliWorkspace.create();
});
afterEach(() => workspace[Symbol.asyncDispose]());

const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));
const cjm = (...args: string[]) => workspace.cjm(args);

interface Validated {
  readonly valid: boolean;
  readonly warnings: readonly string[];
  readonly mistakes: readonly {
    readonly file: string | null;
    readonly line: number | null;
    readonly message: string;
    readonly hint: string;
  }[];
}

async function validated(...args: string[]): Promise<Validated & { readonly code: number | null }> {
  const { code, stdout, stderr } = await cjm("validate", ...args, "--json");
  expect(stderr).toBe("");
  return { code, ...(JSON.parse(stdout) as Validated) };
}

const PACKAGE = JSON.stringify({ name: "tool", version: "1.2.3", type: "module", exports: "./index.ts" });
const ACTION = `action({ description: "Does.", input: z.object({}), output: z.null(), run: () => null })`;
const HEAD = `import { action, ToolCapability, z } from "@cjm/capability";\n`;

describe("what a host would see", () => {
  test("of a package in TypeScript, with its configuration and secrets", async () => {
    await workspace.write("tool/package.json", PACKAGE);
    await workspace.write(
      "tool/index.ts",
      `${HEAD}export class Tool extends ToolCapability {
  static override readonly config = z.object({ limit: z.int().default(3).describe("At most") });
  static override readonly workerEnv = [{ name: "KEY", secret: true }];
  readonly actions = { go: action({ description: "Goes.", input: z.object({ to: z.string(), by: z.string().optional() }), output: z.null(), run: () => null }) };
}\n`,
    );
    const { code, stdout } = await cjm("validate", "tool");
    expect(code).toBe(0);
    expect(stdout.split("\n").slice(1)).toEqual([
      "   tool 1.2.3, Node, class Tool of tool",
      "   actions",
      "     go {to, by?}  Goes.",
      "   configuration",
      "     limit  integer, default 3, At most",
      "   environment KEY (secret)",
      "",
    ]);
    expect(await validated("tool/index.ts")).toMatchObject({ code: 0, report: { name: "tool", version: "1.2.3", class: "Tool" } });
  });

  test.each(["documents", "graph", "system-monitor", "text-analysis"])("of the capability %s of this checkout", async (name) => {
    expect(await validated(join(REPOSITORY, "packages/capabilities", name))).toMatchObject({
      code: 0,
      warnings: [],
      report: { name: `cjm-capability-${name}` },
    });
  });

  test("of a single Python file, without leaving anything beside it", async () => {
    await workspace.write(
      "tool.py",
      "from cjm_capability import ToolCapability, capability_action\nclass Tool(ToolCapability):\n    @capability_action(description='Goes.')\n    def go(self, to, by: int = 1): ...\n",
    );
    const answer = await validated("tool.py");
    expect(answer).toMatchObject({ code: 0, report: { name: "Tool", version: "0.0.0" } });
    expect(answer.warnings).toEqual([
      expect.stringMatching(/^tool\.py:4: Tool\.go takes anything for 'to'.* Write one, such as to: str\.$/),
    ]);
    expect((await cjm("validate", "tool.py", "--strict")).code).toBe(1);
    expect(existsSync(workspace.at("__pycache__"))).toBe(false);
  });
});

describe("mistakes in TypeScript, each with its line", () => {
  test.each([
    ["no class", "export const x = 1;\n", 1, "exports no capability class", "Write `export class"],
    [
      "a class that is not exported",
      `${HEAD}class Tool extends ToolCapability { readonly actions = {}; }\n`,
      2,
      "exports no capability class",
      "Write `export class",
    ],
    [
      "two classes",
      `${HEAD}export class A extends ToolCapability { actions = {}; }\nexport class B extends ToolCapability { actions = {}; }\n`,
      2,
      "exports 2 capability classes: A, B",
      "--class",
    ],
    [
      "no description",
      `${HEAD}export class Tool extends ToolCapability {\n  readonly actions = {\n    go: ${ACTION.replace("Does.", "")},\n  };\n}\n`,
      4,
      "Tool.actions.go.description is empty",
      "Say in one sentence",
    ],
    [
      "a schema that is none",
      `${HEAD}export class Tool extends ToolCapability {\n  readonly actions = {\n    go: ${ACTION.replace("z.object({})", "{}")},\n  };\n}\n`,
      4,
      "Tool.actions.go.input is no zod object",
      "Write `input",
    ],
    [
      "a configuration that is none",
      `${HEAD}export class Tool extends ToolCapability {\n  static config = 3;\n  actions = {};\n}\n`,
      3,
      "Tool.config is no zod object",
      "z.object",
    ],
    [
      "a name that is no id",
      `${HEAD}export class Tool extends ToolCapability {\n  static capabilityName = "my tool";\n  actions = { go: ${ACTION} };\n}\n`,
      3,
      "The name 'my tool' cannot be",
      "letters, digits",
    ],
    [
      "a constructor that fails",
      `${HEAD}export class Tool extends ToolCapability {\n  actions = {};\n  constructor() { super(); throw new Error("boom"); }\n}\n`,
      2,
      "new Tool() failed: boom",
      "initialize()",
    ],
    ["an import that fails", `${HEAD}function load() {\n  throw new Error("no model");\n}\nload();\n`, 3, "no model", "--debug"],
    [
      "a package that is not there",
      `${HEAD}import x from "not-here";\nexport class T extends ToolCapability { x = x; actions = {}; }\n`,
      2,
      "Cannot find package 'not-here'",
      "Name not-here in the dependencies",
    ],
    ["a file that is not there", `import "./gone.ts";\n`, 1, "Cannot find module 'gone.ts'", "Check the path"],
    [
      "an export that is not there",
      `import { nothing } from "node:fs";\nconsole.log(nothing);\n`,
      1,
      "does not provide an export named 'nothing'",
      "import type",
    ],
    ["syntax", `${HEAD}export class {\n`, 2, "", "--debug"],
    ["TypeScript that is more than types", `${HEAD}export enum A { B }\n`, 2, "enum is not supported", "a union or a const object"],
    ["a process that ends itself", `${HEAD}process.exit(0);\n`, 2, "ends the process", "must not call exit"],
  ])("%s", async (_what, source, line, message, hint) => {
    await workspace.write("tool/package.json", PACKAGE);
    const file = await workspace.write("tool/index.ts", source);
    const { code, valid, mistakes } = await validated("tool");
    expect(mistakes).toEqual([{ file, line, message: expect.stringContaining(message), hint: expect.stringContaining(hint) }]);
    expect([code, valid]).toEqual([1, false]);
  });

  test("all of them at once, and for people", async () => {
    await workspace.write("tool/package.json", PACKAGE);
    await workspace.write(
      "tool/index.ts",
      `${HEAD}export class Tool extends ToolCapability {\n  static config = 3;\n  actions = {\n    go: ${ACTION.replace("Does.", "")},\n    "a b": ${ACTION},\n  };\n}\n`,
    );
    const { code, stdout, stderr } = await cjm("validate", "tool");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("has 3 faults:");
    for (const line of ["tool/index.ts:3: Tool.config", "tool/index.ts:5: Tool.actions.go", "tool/index.ts:6: Tool.actions.a b"])
      expect(stderr).toContain(line);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

describe("mistakes in Python, each with its line", () => {
  const PY = "from cjm_capability import ToolCapability, capability_action\n";
  test.each([
    ["no class", "x = 1\n", 1, "defines no capability", "extends ToolCapability"],
    [
      "no description",
      `${PY}class Tool(ToolCapability):\n    @capability_action()\n    def go(self, to: str): ...\n`,
      4,
      "Tool.go has no description",
      "docstring",
    ],
    [
      "async",
      `${PY}class Tool(ToolCapability):\n    @capability_action('d')\n    async def go(self): ...\n`,
      4,
      "Tool.go is async",
      "plain method",
    ],
    [
      "a configuration that is none",
      `${PY}class Config: pass\nclass Tool(ToolCapability):\n    config_class = Config\n`,
      4,
      "Tool.config_class is no dataclass",
      "@dataclass above Config",
    ],
    [
      "a name that is no id",
      `${PY}class Tool(ToolCapability):\n    name = "my tool"\n    @capability_action('d')\n    def go(self): ...\n`,
      3,
      "The name 'my tool' cannot be",
      "letters, digits",
    ],
    ["an import that fails", `${PY}def load():\n    raise ValueError("no model")\nload()\n`, 3, "no model", "--debug"],
    ["a package that is not there", `${PY}import not_here\n`, 2, "No module named 'not_here'", "--python"],
    ["syntax", `${PY}class Tool(ToolCapability:\n`, 2, "SyntaxError", "--debug"],
    ["a process that ends itself", `import sys\nsys.exit(0)\n`, 2, "ends the process", "must not call exit"],
  ])("%s", async (_what, source, line, message, hint) => {
    const file = await workspace.write("tool.py", source);
    const { code, mistakes } = await validated("tool.py");
    expect(mistakes).toEqual([{ file, line, message: expect.stringContaining(message), hint: expect.stringContaining(hint) }]);
    expect(code).toBe(1);
  });

  test("several at once", async () => {
    await workspace.write(
      "tool.py",
      `${PY}class Tool(ToolCapability):\n    config_class = 3\n    @capability_action('d')\n    async def go(self): ...\n`,
    );
    expect((await validated("tool.py")).mistakes.map(({ line }) => line)).toEqual([3, 5]);
  });
});

describe("an import that does not end is ended, and said where it stands", () => {
  test.each([
    ["a loop in TypeScript", "tool.ts", `${HEAD}function spin() {\n  for (;;);\n}\nspin();\n`, 3],
    ["an await in TypeScript", "tool.ts", `${HEAD}await new Promise((resolve) => setTimeout(resolve, 1e8));\n`, 2],
    ["an await that nothing ends", "tool.ts", `${HEAD}await new Promise(() => {});\n`, 2],
    ["a loop in Python", "tool.py", "def spin():\n    while True: pass\nspin()\n", 2],
    ["a sleep in Python", "tool.py", "import time\ntime.sleep(1000)\n", 2],
  ])("%s", async (_what, name, source, line) => {
    const file = await workspace.write(name, source);
    // Long enough for a crowded machine to have come as far as the import.
    const { code, mistakes } = await validated(name, "--timeout", "4");
    expect(mistakes).toEqual([
      { file, line, message: expect.stringContaining("did not end within 4 s"), hint: expect.stringContaining("initialize or prefetch") },
    ]);
    expect(code).toBe(1);
  });

  test("what an import has started is gone afterwards, and cjm-ctl was never in danger", async () => {
    await workspace.write(
      "tool.py",
      "import os, subprocess\nchild = subprocess.Popen(['sleep', '1000'])\nopen('pid', 'w').write(str(child.pid))\nos.kill(os.getpid(), 11)\n",
    );
    const { code, mistakes } = await validated("tool.py");
    expect([code, mistakes[0]?.message]).toEqual([1, "Importing tool ends the process."]);
    const pid = Number(readFileSync(workspace.at("pid"), "utf8"));
    await until("what the import started is gone", () => !isRunning(pid));
  });
});

describe("called in a way that means nothing", () => {
  test.each([
    [["."], "it has neither package.json nor pyproject.toml"],
    [["cjm.yaml", "--class", "X"], "--class is for the source of a capability"],
    [[".", "--kind", "composition"], "is a folder, and no composition"],
    [["cjm.yaml", "--timeout", "x", "--kind", "capability"], "--timeout takes a whole number from 1"],
  ])("%j", async (args, message) => {
    const { code, stderr } = await cjm("validate", ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

test("arguments of a composition are held against what is installed", async () => {
  await workspace.installProbe();
  await workspace.write("flow.yaml", "name: flow\nnodes:\n  a: { capability: probe, action: echo, args: { txt: x } }\n");
  const { code, warnings } = await validated("flow.yaml");
  expect(warnings).toEqual(["nodes.a.args.txt: echo has no argument 'txt'. Did you mean 'text'?", "nodes.a.args: echo needs 'text'."]);
  expect(code).toBe(0);
  expect((await cjm("validate", "flow.yaml", "--strict")).code).toBe(1);
});

test("a key of cjm.yaml that means nothing is a warning", async () => {
  await workspace.write("other/cjm.yaml", "data_dir: ./data\ndata_dri: ./data\n");
  const { code, warnings } = await validated("other/cjm.yaml");
  expect([code, warnings]).toEqual([0, [expect.stringContaining("data_dri")]]);
});

test("YAML that cannot be parsed is told where, whatever it was meant to be", async () => {
  await workspace.write("flow.yaml", "name: x\nnodes: [\n");
  const { code, stderr } = await cjm("validate", "flow.yaml");
  expect([code, stderr]).toEqual([1, expect.stringMatching(/flow\.yaml has a fault:\n {2}- line \d/)]);
  await workspace.write("other.yaml", "name: : [\n");
  expect((await cjm("validate", "other.yaml")).stderr).toMatch(/other\.yaml is no YAML: .* at line 1, column \d+\. /);
});
