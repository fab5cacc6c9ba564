import { wireValue } from "@cjm/capability";
import { expect, test } from "vitest";
import { chunkJson, resultJson } from "../../src/capability/result-json.ts";

const cyclic: Record<string, unknown> = {};
cyclic["self"] = cyclic;
const shared = { a: 1 };
class Point {
  readonly x = 1;
  #hidden = 2;
  sum() {
    return this.x + this.#hidden;
  }
}

test.each([
  [undefined, "null"],
  [null, "null"],
  [{ a: undefined, b: [undefined] }, '{"b":[null]}'],
  [new Date(0), '"1970-01-01T00:00:00.000Z"'],
  [{ big: 12345678901234567890n }, '{"big":12345678901234567890}'],
  [new Point(), '{"x":1}'],
  [[shared, shared], '[{"a":1},{"a":1}]'],
  [wireValue("probe.point", { x: 1 }), '{"__wire__":"probe.point","data":{"x":1}}'],
  [{ inner: wireValue("probe.point", 1) }, '{"inner":1}'],
  [wireValue("outer", { inner: wireValue("probe.point", { n: 2n }) }), '{"__wire__":"outer","data":{"inner":{"n":2}}}'],
])("%o", (value, json) => {
  expect(resultJson(value)).toBe(json);
});

test.each([
  [Number.NaN, "result is NaN, which JSON does not have."],
  [{ a: [1, Number.POSITIVE_INFINITY] }, "result.a[1] is Infinity"],
  [{ a: new Map([[1, 2]]) }, "result.a is a Map"],
  [new Set(), "result is a Set"],
  [{ f: () => 1 }, "result.f is a function"],
  [{ s: Symbol("s") }, "result.s is a symbol"],
  [Buffer.from("x"), "result is binary"],
  [new Uint8Array(2).buffer, "result is binary (ArrayBuffer)"],
  [{ p: Promise.resolve(1) }, "result.p is a promise"],
  [cyclic, "result.self contains itself"],
  [wireValue("k", { x: Number.NaN }), "result.data.x is NaN"],
  [[wireValue("k", { x: Number.NaN })], "result[0].x is NaN"],
])("%o is refused", (value, message) => {
  expect(() => resultJson(value)).toThrow(message);
});

test.each([
  [{ loss: Number.NaN, bounds: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] }, '{"loss":NaN,"bounds":[-Infinity,Infinity]}'],
  [{ text: "NaN", big: 3n }, '{"text":"NaN","big":3}'],
  [wireValue("k", { _job_error: 1 }), '{"__wire__":"k","data":{"_job_error":1}}'],
])("a chunk may be %o", (value, json) => {
  expect(chunkJson(value)).toBe(json);
});

test.each([
  [{ _job_error: null }, "chunk has the key _job_error"],
  [new Set(), "chunk is a Set"],
])("a chunk may not be %o", (value, message) => {
  expect(() => chunkJson(value)).toThrow(message);
});
