import { describe, expect, test } from "vitest";
import { parseAssignment, textsByKey } from "../../src/arguments/assignments.ts";
import { callArguments, readArguments } from "../../src/arguments/call-arguments.ts";

describe("an assignment", () => {
  test.each([
    ["a=b", { key: "a", text: "b", isJson: false }],
    ["a=", { key: "a", text: "", isJson: false }],
    ["a=b=c", { key: "a", text: "b=c", isJson: false }],
    ["a:=1", { key: "a", text: "1", isJson: true }],
    ["a=:=", { key: "a", text: ":=", isJson: false }],
    ["a:b=c", { key: "a:b", text: "c", isJson: false }],
  ])("%s", (written, parsed) => {
    expect(parseAssignment("arg", written)).toEqual(parsed);
  });

  test.each(["a", "=b", "", ":=1"])("%j is none", (written) => {
    expect(() => parseAssignment("set", written)).toThrow(
      expect.objectContaining({ code: "CJM_USAGE", message: expect.stringContaining("--set") }),
    );
  });

  test("of one key the last counts", () => {
    expect(textsByKey("set", ["a=1", "b=2", "a=3"])).toEqual({ a: "3", b: "2" });
  });
});

describe("arguments of a call", () => {
  const schema = {
    properties: {
      text: { type: "string" },
      count: { type: "integer" },
      ratio: { anyOf: [{ type: "number" }, { type: "null" }] },
      tags: { type: "array" },
      deep: { type: "object" },
      loud: { type: "boolean" },
      either: { type: ["string", "integer"] },
    },
  };
  const read = (single: string[], json: string | null = null): unknown => callArguments(readArguments(json, single), schema);

  test.each([
    ["text=1", { text: "1" }],
    ["count=12", { count: 12 }],
    ["ratio=0.5", { ratio: 0.5 }],
    ["ratio=null", { ratio: null }],
    ["tags=a, b", { tags: ["a", "b"] }],
    ['tags=["a,b"]', { tags: ["a,b"] }],
    ['deep={"a":1}', { deep: { a: 1 } }],
    ["loud=true", { loud: true }],
    ["either=5", { either: "5" }],
    ["either:=5", { either: 5 }],
    ["unknown=5", { unknown: "5" }],
  ])("%s", (written, expected) => {
    expect(read([written])).toEqual(expected);
  });

  test("single ones stand over the object", () => {
    expect(read(["count=2"], '{"count": 1, "text": "x"}')).toEqual({ count: 2, text: "x" });
  });

  test.each([
    [["count=1.5"], null, "'count' must be integer"],
    [["count=many"], null, "'count' must be integer, not 'many'"],
    [["loud=1"], null, "'loud' must be boolean"],
    [["x:=("], null, "The value of 'x' is not JSON"],
    [[], "[1]", "takes a JSON object"],
    [[], "{", "--args-json is not JSON"],
  ])("%j %j is refused", (single, json, message) => {
    expect(() => read(single, json)).toThrow(expect.objectContaining({ code: "CJM_USAGE", message: expect.stringContaining(message) }));
  });

  test("a text after ':=' is told how a text is written", () => {
    expect(() => read(["x:=one"])).toThrow(expect.objectContaining({ hint: expect.stringContaining("a text is written x=...") }));
  });

  test("without a schema everything is text", () => {
    expect(callArguments(readArguments(null, ["count=1"]), null)).toEqual({ count: "1" });
  });
});
