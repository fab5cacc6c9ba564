import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileCondition } from "../../src/composition/compile-condition.ts";
import { ConditionSchema } from "../../src/composition/condition.ts";
import { isSameJson, isTruthy } from "../../src/composition/evaluate-condition.ts";
import { type BindingScope, type CompositionFault, evaluateCondition, type JsonValue, SKIPPED } from "../../src/index.ts";

const $ = (path: string): string => `\${${path}}`;

const scope: BindingScope = {
  nodeId: "draw",
  inputs: { pictures: true, level: 3, kind: "pdf", none: null, list: [], deep: { b: [1, { x: null }], a: 1 } },
  run: { id: "run-1", actor: null, dir: null },
  item: { pages: 12, title: "T" },
  index: 3,
  node: (id) => ({ find: { documents: ["a"] }, skipped: SKIPPED })[id] as JsonValue | typeof SKIPPED | undefined,
  matching: () => undefined,
  failures: () => [],
};

function faultsOf(document: JsonValue): string[] {
  const faults: CompositionFault[] = [];
  compileCondition(document, ["when"], (fault) => faults.push(fault));
  return faults.map(({ field, message }) => `${field.join(".")}: ${message}`);
}

function verdict(document: JsonValue): string {
  expect(faultsOf(document)).toEqual([]);
  const { holds, because } = evaluateCondition(
    compileCondition(document, ["when"], () => {}),
    scope,
  );
  return `${holds}: ${because}`;
}

test.each<[JsonValue, boolean]>([
  [null, false],
  [false, false],
  [0, false],
  [-0, false],
  ["", false],
  [[], false],
  [{}, false],
  [true, true],
  [-1, true],
  [0.1, true],
  ["false", true],
  ["0", true],
  [[null], true],
  [{ a: null }, true],
])("%j alone counts as %s", (value, truthy) => {
  expect(isTruthy(value)).toBe(truthy);
});

describe("what holds, and what decided", () => {
  test.each<[JsonValue, string]>([
    [true, "true: it says true"],
    [$("inputs.pictures"), "true: ${inputs.pictures} is true"],
    [$("inputs.list"), "false: ${inputs.list} is []"],
    [$("nodes.find.documents"), 'true: ${nodes.find.documents} is ["a"]'],
    [$("nodes.skipped.anything"), "false: ${nodes.skipped.anything} is null"],
    [$("nodes.skipped.text ?? inputs.kind"), 'true: ${nodes.skipped.text ?? inputs.kind} is "pdf"'],
    [{ ref: $("inputs.level"), equals: 3 }, "true: ${inputs.level} is 3, equal to 3"],
    [{ ref: $("inputs.level"), equals: "3" }, 'false: ${inputs.level} is 3, not equal to "3"'],
    [{ ref: $("inputs.level"), not_equals: $("index") }, "false: ${inputs.level} is 3, equal to 3"],
    [
      { ref: $("inputs.deep"), equals: { a: 1.0, b: [1, { x: null }] } },
      'true: ${inputs.deep} is {"b":[1,{"x":null}],"a":1}, equal to {"a":1,"b":[1,{"x":null}]}',
    ],
    [{ ref: $("inputs.kind"), in: ["html", "pdf"] }, 'true: ${inputs.kind} is "pdf", one of ["html","pdf"]'],
    [{ ref: $("inputs.kind"), in: $("nodes.find.documents") }, 'false: ${inputs.kind} is "pdf", none of ["a"]'],
    [{ ref: $("item.pages"), greater_than: 10, less_than: 12 }, "false: ${item.pages} is 12, not less than 12"],
    [
      { ref: $("item.pages"), greater_than: 10, less_than: 13 },
      "true: ${item.pages} is 12, greater than 10, ${item.pages} is 12, less than 13",
    ],
    [{ ref: $("inputs.kind"), less_than: "pdg" }, 'true: ${inputs.kind} is "pdf", less than "pdg"'],
    [{ ref: $("item.author"), exists: true }, "false: ${item.author} is not there"],
    [{ ref: $("inputs.none"), exists: true }, "false: ${inputs.none} is not there"],
    [{ ref: $("item.author"), exists: false }, "true: ${item.author} is not there"],
    [{ not: $("inputs.pictures") }, "false: ${inputs.pictures} is true"],
    [{ all: [$("inputs.pictures"), $("inputs.list"), $("item.author")] }, "false: ${inputs.list} is []"],
    [{ all: [$("inputs.pictures"), { not: $("inputs.list") }] }, "true: ${inputs.pictures} is true, ${inputs.list} is []"],
    [{ any: [$("inputs.list"), $("inputs.pictures"), $("item.author")] }, "true: ${inputs.pictures} is true"],
    [{ any: [$("inputs.list"), $("inputs.none")] }, "false: ${inputs.list} is [], ${inputs.none} is null"],
  ])("%j", (document, expected) => {
    expect(verdict(document)).toBe(expected);
  });

  test("a long value is not shown in full", () => {
    const long = { ...scope, inputs: { text: "x".repeat(500), list: Array.from({ length: 99 }, () => 1) } };
    const because = (document: JsonValue): string =>
      evaluateCondition(
        compileCondition(document, [], () => {}),
        long,
      ).because;
    expect(because($("inputs.text")).length).toBeLessThan(100);
    expect(because($("inputs.list"))).toBe("${inputs.list} is a list of 99");
  });

  test.each<[JsonValue, string]>([
    [$("item.author"), "when is ${item.author}, but item has no field 'author'; it is an object with pages, title"],
    [{ ref: $("item.author"), equals: 1 }, "when.ref is ${item.author}, but item has no field 'author'"],
    [
      { ref: $("inputs.kind"), greater_than: 3 },
      'cannot be decided: the string "pdf" cannot be compared with the number 3; two numbers or two texts can',
    ],
    [{ ref: $("inputs.kind"), in: $("inputs.level") }, "cannot be decided: 'in' needs a list, and it got the number 3"],
  ])("%j cannot be decided, which is an error and not false", (document, message) => {
    const compiled = compileCondition(document, ["when"], () => {});
    expect(() => evaluateCondition(compiled, scope)).toThrow(
      expect.objectContaining({ code: "CJM_BINDING_FAILED", message: expect.stringContaining(message) as string }),
    );
  });
});

describe("every fault of a condition is listed", () => {
  const forms = "a reference such as ${inputs.draw}, {ref: ..., equals: ...}, or all, any or not of conditions";
  test.each<[string, JsonValue, string[]]>([
    ["text", "yes", ["when: expected one reference alone, such as ${inputs.draw}"]],
    ["text around a reference", `a ${$("item")}`, ["when: expected one reference alone, such as ${inputs.draw}"]],
    ["a broken reference", "${item", ["when: expected '.', '[' or '}', found the end of the text (character 7 of '${item')"]],
    ["a number", 3, [`when: expected ${forms}`]],
    ["an empty object", {}, [`when: expected ${forms}`]],
    [
      "an operator slightly wrong",
      { ref: $("item"), equal: 1 },
      [
        "when.equal: unknown key 'equal'. Did you mean 'equals'?",
        "when: needs one of equals, not_equals, in, greater_than, less_than, exists; a reference alone is written without 'ref'",
      ],
    ],
    ["an operator without ref", { equals: 1 }, [`when: expected ${forms}`]],
    ["two forms", { ref: $("item"), not: $("index") }, ["when: ref and not do not stand together; combine them with 'all'"]],
    ["an operator beside all", { all: [true], equals: 1 }, ["when.equals: means something only beside 'ref'"]],
    ["all of nothing", { all: [] }, ["when.all: expected a list of one or more conditions"]],
    ["any of no list", { any: $("item") }, ["when.any: expected a list of one or more conditions"]],
    ["ref that is no reference", { ref: "item", equals: 1 }, ["when.ref: expected one reference alone, such as ${inputs.draw}"]],
    [
      "operands of the wrong type",
      { ref: $("item"), in: 3, greater_than: true, exists: "yes" },
      [
        "when.in: expected a list, or a reference to one",
        "when.greater_than: expected a number or a text",
        "when.exists: expected true or false",
      ],
    ],
    [
      "operands that come out wrong whatever they refer to",
      { ref: $("item"), in: `a ${$("index")}`, greater_than: [$("index")], exists: $("index") },
      [
        "when.in: expected a list, or a reference to one",
        "when.greater_than: expected a number or a text",
        "when.exists: expected true or false",
      ],
    ],
    [
      "inside a combination",
      { not: { any: [true, { ref: $("item") }, 4] } },
      [
        "when.not.any.1: needs one of equals, not_equals, in, greater_than, less_than, exists; a reference alone is written without 'ref'",
        `when.not.any.2: expected ${forms}`,
      ],
    ],
  ])("%s", (_, document, faults) => {
    expect(faultsOf(document)).toEqual(faults);
  });
});

/** Conditions, and things that look like them. */
const drawn = fc.letrec<{ condition: JsonValue }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<JsonValue>(true, false, $("item"), $("inputs.a"), "text", 3, null, []),
    fc.dictionary(
      fc.constantFrom("ref", "equals", "in", "greater_than", "exists", "all", "any", "not", "odd"),
      fc.constantFrom<JsonValue>($("item"), `a ${$("item")}`, true, 1, "a", [1], [$("item")], [true], []),
      { maxKeys: 3 },
    ) as fc.Arbitrary<JsonValue>,
    fc.record({ all: fc.array(tie("condition"), { maxLength: 2 }) }) as fc.Arbitrary<JsonValue>,
    fc.record({ not: tie("condition") }) as fc.Arbitrary<JsonValue>,
  ),
}));

test("what editors are told agrees with what is checked", () => {
  fc.assert(
    fc.property(drawn.condition, (document) => {
      expect(ConditionSchema.safeParse(document).success).toBe(faultsOf(document).length === 0);
    }),
    { numRuns: 5000 },
  );
});

test("two values are the same exactly when their JSON with sorted keys is", () => {
  const sorted = (value: JsonValue): string =>
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === "object" && part !== null && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
        : part,
    );
  const json = fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<JsonValue>;
  fc.assert(
    fc.property(json, json, (a, b) => {
      expect(isSameJson(a, b)).toBe(sorted(a) === sorted(b));
      expect(isSameJson(a, JSON.parse(JSON.stringify(a)) as JsonValue)).toBe(true);
    }),
  );
});
