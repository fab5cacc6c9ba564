import { canonicalHash } from "@cjm/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configHash } from "../../src/cache/config-hash.ts";

test.each([
  ["an integer", { k: 1 }, "a0da1fce57d0"],
  ["nothing in it", {}, "44136fa355b3"],
  ["null", null, "44136fa355b3"],
  ["undefined", undefined, "44136fa355b3"],
  ["a small float", { a: 1e-5 }, "6ae5c89e10c5"],
  ["a large float", { a: 1e16 }, "a0f92cfd05a7"],
  ["a negative zero", { a: -0 }, "952b7dc45587"],
  ["a large integer", { a: 9223372036854775808n }, "73c5c9bbf82e"],
  ["not a number", { a: Number.NaN }, "0ce896293703"],
])("%s hashes as the original hashes it", (_, config, digits) => {
  expect(configHash(config).slice(0, "sha256:".length + 12)).toBe(`sha256:${digits}`);
});

test("every configuration hashes as the host hashes it", () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.string({ unit: "binary" }),
      fc.double(),
      fc.integer(),
      fc.bigInt(),
      fc.boolean(),
      fc.constant(null),
      fc.constant(undefined),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(fc.string({ unit: "binary" }), tie("value"), { maxKeys: 5 }),
    ),
  })).value;
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: "binary" }), value, { maxKeys: 6 }), (config) => {
      expect(configHash(config)).toBe(canonicalHash(config));
    }),
    { numRuns: 200 },
  );
});

describe("what would hash like something else is refused, by name", () => {
  test.each([
    ["config.at", { at: new Date(0) }],
    ["config.deep[0].tags", { deep: [{ tags: new Set(["a"]) }] }],
    ["config.run", { run: () => 1 }],
    ["config.key", { key: Symbol("s") }],
  ])("%s", (member, config) => {
    expect(() => configHash(config)).toThrow(
      new TypeError(`${member} cannot be part of a cache directory's name: it is no JSON value. Give text or numbers instead.`),
    );
  });
});
