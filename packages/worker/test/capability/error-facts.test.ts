import { CapabilityCancelledError, CapabilityInputError } from "@cjm/capability";
import { describe, expect, test } from "vitest";
import { errorFacts, isCancellation } from "../../src/capability/error-facts.ts";

describe("errorFacts", () => {
  test("of an error thrown on purpose", () => {
    expect(errorFacts(new CapabilityInputError("m", { fields: ["a"] }))).toMatchObject({
      name: "CapabilityInputError",
      message: "m",
      builtin: null,
      code: null,
      declared: { category: "user_input", fieldsInvalid: ["a"] },
    });
  });

  test("of Node's own, with its code", () => {
    const error = Object.assign(new Error("gone"), { code: "ENOENT" });
    expect(errorFacts(error)).toMatchObject({ name: "Error", code: "ENOENT", declared: null });
    expect(errorFacts(new RangeError("r")).builtin).toBe("RangeError");
  });

  test("with the stacks of its causes", () => {
    const stack = errorFacts(new Error("outer", { cause: new TypeError("inner") })).stack;
    expect(stack).toMatch(/Error: outer[\s\S]*Caused by: TypeError: inner/);
  });

  test.each([
    ["text", "string", "text"],
    [7, "number", "7"],
    [null, "object", "null"],
    [undefined, "undefined", "undefined"],
    [{ a: 1 }, "object", "[object Object]"],
  ])("of %o, which is no error", (thrown, name, message) => {
    expect(errorFacts(thrown)).toMatchObject({ name, message, stack: null, declared: null });
  });

  test("survives the way to another thread", () => {
    const facts = errorFacts(new CapabilityInputError("m"));
    expect(structuredClone(facts)).toEqual(facts);
  });
});

test.each([
  [new CapabilityCancelledError(), false, true],
  [AbortSignal.abort().reason, true, true],
  [AbortSignal.abort().reason, false, false],
  [new Error("other"), true, false],
  ["CapabilityCancelledError", true, false],
])("isCancellation(%s, cancelled: %s) is %s", (thrown, cancelled, expected) => {
  expect(isCancellation(thrown, cancelled)).toBe(expected);
});
