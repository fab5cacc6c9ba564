import { runProgram } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { WorkerUnderTest } from "../worker-harness.ts";
import { environmentFixture } from "./environment-fixture.ts";

const tool = (body: string, before = "") => `
import { action, ToolCapability, z } from "@cjm/capability";
${before}
export class Tool extends ToolCapability {
  ${body}
}
`;
const fine = `readonly actions = { ask: action({ description: "Answers.", input: z.object({}), output: z.string(), run: (): string => "yes" }) };`;

describe("a capability in an environment of its own", () => {
  test("runs from TypeScript source below node_modules, with that environment's packages", async () => {
    await using environment = await environmentFixture({
      "src/index.ts": tool(fine, 'import { type Word, word } from "./word.ts";\nexport const told: Word = word;'),
      "src/word.ts": 'export interface Word { readonly text: string }\nexport const word: Word = { text: "w" };',
    });
    await using worker = await WorkerUnderTest.start(environment.kind);
    expect((await worker.execute("ask")).json).toBe("yes");
    expect((await worker.get("/health")).json).toMatchObject({ name: "tool", version: "2.3.4" });
    // Stripped types leave no white space in what manifests keep.
    const { methods } = (await worker.get("/structural_surface")).json as { methods: { name: string; signature: string }[] };
    expect(methods.find((method) => method.name === "execute")?.signature).toBe("(kwargs, ctx, args = [])");
    const described = (await worker.execute("describe")).json as { dependencies: Record<string, string> };
    expect(described).toMatchObject({ name: "tool", version: "2.3.4", description: "Made for a test." });
    // What is declared and not installed is left out.
    expect(Object.keys(described.dependencies)).toEqual(["@cjm/capability", "zod"]);
  });

  test("an error has the author's own file and line", async () => {
    await using environment = await environmentFixture({
      "src/index.ts": tool(
        'readonly actions = { ask: action({ description: "Fails.", input: z.object({}), output: z.string(), run: (): string => {\n  throw new Error("mine");\n} }) };',
      ),
    });
    await using worker = await WorkerUnderTest.start(environment.kind);
    expect((await worker.execute("ask")).text).toMatch(/node_modules\/tool\/src\/index\.ts:6:9/);
  });
});

describe("introspection tells an author about", () => {
  const CASES: readonly (readonly [string, string, string, string])[] = [
    ["no class", "export const nothing = 1;", "tool exports no capability class. It exports: nothing.", "export class"],
    ["two classes", `${tool(fine)}\nexport class Other extends Tool {}`, "tool exports 2 capability classes: Other, Tool.", "--class"],
    [
      "no description",
      tool('readonly actions = { ask: action({ description: "", input: z.object({}), output: z.string(), run: () => "" }) };'),
      "Tool.actions.ask.description is empty.",
      "one sentence",
    ],
    [
      "a name that is taken",
      tool(fine.replace("ask:", "describe:")),
      "Tool.actions.describe has the name of the action that every capability has already.",
      "another name",
    ],
    [
      "a configuration that is no object",
      tool(`static override readonly config = z.string() as never; ${fine}`),
      "Tool.config is no zod object.",
      "z.object",
    ],
    [
      "a constructor that throws",
      tool(`constructor() { super(); throw new Error("too early"); } ${fine}`),
      "new Tool() failed: too early",
      "initialize()",
    ],
    [
      "a configuration read too early",
      tool(`readonly early = this.config; ${fine}`),
      "Tool.config is read before it is set.",
      "initialize()",
    ],
    ["syntax that cannot be stripped", `enum Colour { red }\n${tool(fine)}`, "has TypeScript that is more than types", "without enum"],
    ["an import that fails", 'import "not-installed";', "Cannot find package 'not-installed'", ""],
  ];

  test.each(CASES)("%s", async (_name, source, message, hint) => {
    await using environment = await environmentFixture({ "src/index.ts": source });
    const { kind } = environment;
    const { code, stdout } = await runProgram(kind.command, [...kind.introspect, "--module", "tool", "--environment", kind.environment]);
    const { error } = JSON.parse(stdout) as { error: { message: string; hint: string } };
    expect([code, error.message, error.hint]).toEqual([1, expect.stringContaining(message), expect.stringContaining(hint)]);
  });

  test("nothing that the capability prints mixes with the report, and nothing it leaves open holds it up", async () => {
    await using environment = await environmentFixture({
      "src/index.ts": tool(fine, 'console.log("loud"); process.stdout.write("louder\\n"); setInterval(() => {}, 1000);'),
    });
    const { kind } = environment;
    const { code, stdout, stderr } = await runProgram(kind.command, [
      ...kind.introspect,
      "--module",
      "tool",
      "--environment",
      kind.environment,
    ]);
    expect([code, JSON.parse(stdout).class, stderr]).toEqual([0, "Tool", expect.stringMatching(/loud\nlouder/)]);
  });

  test("a folder under development needs no installation", async () => {
    await using environment = await environmentFixture({ "src/index.ts": tool(fine) });
    const { kind } = environment;
    for (const module of ["tool", "./src/index.ts"]) {
      const { stdout } = await runProgram(kind.command, [
        ...kind.introspect,
        "--module",
        module,
        "--environment",
        `${kind.environment}/node_modules/tool`,
      ]);
      expect(JSON.parse(stdout)).toMatchObject({ name: "tool", version: "2.3.4", class: "Tool", module });
    }
  });
});
