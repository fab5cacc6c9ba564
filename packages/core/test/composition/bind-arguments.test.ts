import { describe, expect, test } from "vitest";
import { type BindingScope, bindArguments, type JsonObject, type JsonValue, SKIPPED } from "../../src/index.ts";

const $ = (path: string): string => `\${${path}}`;

const scope: BindingScope = {
  nodeId: "analyse[3]",
  inputs: { folder: "/docs", deep: { list: [1, [2, 3]] }, nothing: null },
  run: { id: "run-1", actor: null, dir: null },
  item: { path: "/a.md", "odd key": true },
  index: 3,
  node: (id) => ({ find: { documents: ["a", "b"] }, count: 7, skipped: SKIPPED })[id] as JsonValue | typeof SKIPPED | undefined,
  matching: (id) => (id === "parse" ? { title: "T" } : undefined),
  failures: () => [],
};

test.each<[string, JsonValue, JsonValue]>([
  ["a whole reference is the value itself", $("nodes.find.documents"), ["a", "b"]],
  ["nested in lists and objects", { a: [{ b: $("index") }, $("inputs.deep.list[1][0]")] }, { a: [{ b: 3 }, 2] }],
  [
    "in longer text its text",
    `#${$("index")} ${$("item.path")} ${$("nodes.find.documents")} ${$("inputs.nothing")}`,
    '#3 /a.md ["a","b"] null',
  ],
  ["a quoted key", $('item["odd key"]'), true],
  ["the item, its index and its match", [$("item.path"), $("index"), $("matching.parse.title")], ["/a.md", 3, "T"]],
  ["the run", [$("run.id"), $("run.actor")], ["run-1", null]],
  ["failures", $("failures.parse"), []],
  ["what a condition skipped is null, and so is everything in it", [$("nodes.skipped"), $("nodes.skipped.a[0]")], [null, null]],
  [
    "of alternatives the first that is there and not null",
    [$("nodes.skipped.a ?? nodes.count"), $("item.title ?? item.path"), $("inputs.nothing ?? nodes.later ?? index")],
    [7, "/a.md", 3],
  ],
  ["null where the last alternative is", $("nodes.later ?? inputs.nothing"), null],
  ["alternatives in longer text", `at ${$("item.line ?? index")}`, "at 3"],
  ["an escape", { x: [`$${$("item")}`] }, { x: [$("item")] }],
  ["what holds no reference stays", { a: 1, b: [true, null, "$"] }, { a: 1, b: [true, null, "$"] }],
])("%s", (_, args, bound) => {
  expect(bindArguments({ args } as JsonObject, scope)).toEqual({ args: bound });
});

describe("what has no value", () => {
  test.each([
    ["item.text", "item has no field 'text'; it is an object with path, odd key"],
    ["nodes.find.documents[2]", "nodes.find.documents has no item 2; it is a list of 2"],
    ["nodes.find.documents.path", "nodes.find.documents has no field 'path'; it is a list of 2"],
    ["nodes.count.x", "nodes.count has no field 'x'; it is the number 7"],
    ["inputs.nothing.x", "inputs.nothing has no field 'x'; it is null"],
    ["item.toString", "item has no field 'toString'"],
    ["nodes.later", "nodes.later is not there"],
    ["matching.other", "matching.other is not there"],
    ["run.dir", "run.dir is not there"],
    ["item.text ?? nodes.count.x", "nodes.count has no field 'x'; it is the number 7"],
  ])("%s", (path, message) => {
    expect(() => bindArguments({ a: { b: [$(path)] } }, scope)).toThrow(
      expect.objectContaining({
        code: "CJM_BINDING_FAILED",
        message: expect.stringContaining(`Node 'analyse[3]' cannot start: args.a.b[0] is ${$(path)}, but ${message}`) as string,
        details: { nodeId: "analyse[3]", reference: $(path), field: "args.a.b[0]" },
      }),
    );
  });

  test("a broken reference is a fault of the document", () => {
    expect(() => bindArguments({ a: "${nodes" }, scope)).toThrow(expect.objectContaining({ code: "CJM_COMPOSITION_INVALID" }));
  });
});
