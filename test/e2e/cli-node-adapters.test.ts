import { existsSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CliWorkspace } from "./cli-workspace.ts";

let workspace: CliWorkspace;
beforeEach(async () => {
  workspace = await CliWorkspace.create();
});
afterEach(() => workspace[Symbol.asyncDispose]());

/** A registry that refuses at once: nothing here may need a network. */
const cjm = (...args: string[]) => workspace.cjm(args, { env: { npm_config_registry: "http://127.0.0.1:9/" } });

const PACKAGE = JSON.stringify({
  name: "@me/shouter",
  version: "1.0.0",
  type: "module",
  exports: { ".": "./index.ts", "./loud": "./loud.ts" },
});
const TOOL = `import { ToolCapability } from "@cjm/capability";
export class Shouter extends ToolCapability {
  readonly actions = {};
  shout(text: string, marks = 1): string { return text.toUpperCase() + "!".repeat(marks); }
}
`;
const ADAPTERS = `import { type CallContext, type RequiredTool, TaskAdapter } from "@cjm/capability";
interface Needs { shout(text: string, marks: number): string }
export class Loud extends TaskAdapter<Needs> {
  static override readonly taskName = "calling-out";
  static override readonly requiredTool: RequiredTool<Needs> = { methods: { shout: ["text", "marks"] } };
  call({ text, marks = 2 }: { text: string; marks?: number }, ctx: CallContext): object {
    ctx.throwIfCancelled();
    return { said: this.tool.shout(text, marks) };
  }
}
export class Louder extends Loud {
  static override readonly taskName = "screaming";
  static override readonly requiredTool: RequiredTool = { methods: { scream: [] } };
}
`;
const COMPOSITION = `name: loud
nodes:
  first: { capability: shouter, task: calling-out, method: call, args: { text: hey } }
  second: { capability: shouter, task: calling-out, method: call, args: { text: "\${nodes.first.said}", marks: 1 } }
`;

test("a TypeScript capability installed with its adapters serves their tasks, alone and in a composition", async () => {
  await workspace.write("shouter/package.json", PACKAGE);
  await workspace.write("shouter/index.ts", TOOL);
  await workspace.write("shouter/loud.ts", ADAPTERS);
  await workspace.write("loud.yaml", COMPOSITION);
  await workspace.write(
    "capabilities.yaml",
    'capabilities:\n  - {name: s, runtime: node, package: ./shouter, adapters: [{impl: "@me/shouter/loud:Loud"}]}\n',
  );
  expect(await cjm("validate", "capabilities.yaml")).toMatchObject({ code: 0 });
  const installed = await cjm("install-all");
  expect([installed.code, installed.stdout]).toEqual([0, expect.stringContaining("1 installed")]);
  expect((await cjm("install-all")).stdout).toContain("1 unchanged");

  const called = await cjm("call", "shouter", "--task", "calling-out", "--method", "call", "--arg", "text=hello", "--json");
  expect([called.code, called.stdout]).toEqual([0, '{"said":"HELLO!!"}\n']);
  const ran = await cjm("run", "loud.yaml", "--json");
  expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining('{"said":"HEY!!!"}')]);

  const written = await cjm("generate-adapter-manifest", "shouter", "@me/shouter/loud:Louder");
  expect([written.code, written.stdout]).toEqual([0, expect.stringContaining("for the task screaming")]);
  expect(JSON.parse(readFileSync(workspace.at("data/manifests/adapter-screaming-Louder.json"), "utf8"))).toMatchObject({
    name: "@me/shouter/loud.Louder",
    protocol_members: { methods: [{ name: "scream", params: [] }], properties: [] },
  });
  // It asks for a method that the tool lacks, so it is not bound; the other still is.
  const unbound = await cjm("call", "shouter", "--task", "screaming", "--method", "call", "--arg", "text=hello");
  expect([unbound.code, unbound.stderr]).toEqual([
    1,
    expect.stringMatching(/No adapter is bound for the task "screaming"\. Bound: calling-out\./),
  ]);

  expect((await cjm("remove", "shouter", "--yes")).code).toBe(0);
  expect(existsSync(workspace.at("data/manifests/shouter.json"))).toBe(false);
});
