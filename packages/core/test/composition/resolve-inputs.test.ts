import { describe, expect, test } from "vitest";
import { type JsonValue, resolveInputs, validateComposition } from "../../src/index.ts";

const composition = (inputs: Record<string, unknown>) => validateComposition({ name: "c", inputs, nodes: {} });

describe("text of a command line becomes the declared type", () => {
  test.each<[string, string, JsonValue]>([
    ["string", "5", "5"],
    ["string", "", ""],
    ["number", "2.5", 2.5],
    ["integer", "-7", -7],
    ["boolean", "true", true],
    ["boolean", "No", false],
    ["boolean", "1", true],
    ["list", "a, b,c", ["a", "b", "c"]],
    ["list", '[1, "two"]', [1, "two"]],
    ["list", "", []],
    ["path", "./docs", "/base/./docs"],
  ])("%s from '%s'", (type, text, value) => {
    expect(resolveInputs(composition({ x: { type } }), { texts: { x: text }, resolvePath: (path) => `/base/${path}` })).toEqual({
      x: value,
    });
  });

  test.each([
    ["number", "many", 'expected a number, got "many"'],
    ["number", "", "expected a number"],
    ["integer", "2.5", "expected a whole number"],
    ["boolean", "constructor", "expected true or false"],
    ["list", "[1,", "expected a list"],
  ])("%s refuses '%s'", (type, text, message) => {
    expect(() => resolveInputs(composition({ x: { type } }), { texts: { x: text } })).toThrow(message);
  });
});

test("given values, defaults and what is optional", () => {
  const inputs = {
    a: { type: "string" },
    b: { type: "number", default: 2 },
    c: { type: "list", required: false },
    d: { type: "path", default: "docs" },
  };
  expect(resolveInputs(composition(inputs), { values: { a: "x" }, resolvePath: (path) => `/base/${path}` })).toEqual({
    a: "x",
    b: 2,
    c: null,
    d: "/base/docs",
  });
  expect(resolveInputs(composition(inputs), { values: { a: "x", b: 3 }, texts: { b: "4" } })).toMatchObject({ b: 4, d: "docs" });
  const resolved = resolveInputs(composition(inputs), { values: { a: "x" } });
  expect(resolveInputs(composition(inputs), { values: resolved })).toEqual(resolved);
});

test("everything that is wrong is listed at once", () => {
  const inputs = { folder: { type: "path" }, limit: { type: "integer" }, flag: { type: "boolean", default: true } };
  expect(() => resolveInputs(composition(inputs), { values: { foldr: "x", flag: "yes" }, texts: { limit: "lots" } })).toThrow(
    expect.objectContaining({
      code: "CJM_COMPOSITION_INVALID",
      message: [
        "The input of composition 'c' is not valid, 4 faults:",
        "  - inputs.foldr: the composition has no input 'foldr'. Did you mean 'folder'?",
        "  - inputs.folder: is required; give it with --set folder=...",
        '  - inputs.limit: expected a whole number, got "lots"',
        '  - inputs.flag: expected true or false, got "yes"',
      ].join("\n"),
    }),
  );
  expect(() => resolveInputs(composition({}), { values: { x: 1 } })).toThrow("has no input 'x'. It has none.");
});
