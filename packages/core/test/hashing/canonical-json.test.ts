import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalHash, canonicalJson, compareCodePoints, PyFloat, parseLosslessJson } from "../../src/index.ts";

const digest = (text: string): string => createHash("sha256").update(text, "ascii").digest("hex");

describe("golden vectors of the original", () => {
  test.each([
    ["{}", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"],
    ['{"a":1}', "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"],
    ['{"a":1.0}', "c29a44abc114a1d75486434c013102c9e736f526b4fd19658d9492b7b224de6d"],
    ['{"a":1e-05}', "6ae5c89e10c5d899e8623d010ecc1403ab93b95aa6d5facf2a942b639ce2de3c"],
    ['{"a":0.0001}', "c7e0f341a63adab6860299047cc37a631a21511d47c1a39a1041fc4faae655c5"],
    ['{"a":1e+16}', "a0f92cfd05a74c219a7cd704cf22112bb79bf283876cef955b1d731d5275c73c"],
    ['{"a":1000000000000000.0}', "7a8eca3c52850d2741c1ee3e2316062cc22de14d6f5ac803eafeb865c03f3562"],
    ['{"a":-0.0}', "952b7dc455870c265da6a6fb15ef60891abf562f0e3327f095914610b3d00811"],
    ['{"a":9223372036854775808}', "73c5c9bbf82ebafd8e6cf0ee616f6233b6b1c834e8d1628c6e530e65ea80f2a9"],
    [
      '{"":8,"10":6,"2":7,"B":5,"_":9,"a":4,"b":3,"\\uffee":1,"\\ud83d\\ude00":2}',
      "623070cd1008da6b9b3aaf1eb023ab2d250ebad2d60e4a8f61a17ae9ef10551d",
    ],
    ['{"a":true,"f":false,"z":[{"a":null,"b":1}]}', "b4e39648ce1df6485c6216ebf9406468017a812370d3a3207906898b3045405f"],
    ['{"a":NaN}', "0ce896293703c00486a61416514acc94d2919f4bd42141dedcca7ddfb97ec422"],
    [
      '{"a":0.1,"b":100000.0,"c":1.5e-06,"d":1e+22,"e":1.2345678901234568e+17}',
      "88e3327c7d73ae97e9e7e979b2de595449e677939f801bd370ea5da62551ef51",
    ],
  ])("%s", (text, sha256) => {
    expect(canonicalJson(parseLosslessJson(text))).toBe(text);
    expect(canonicalHash(parseLosslessJson(text))).toBe(`sha256:${sha256}`);
  });

  test("every escape", () => {
    const value = { é: 'é😀\u2028\u007f\u0001\b\f\n\r\t"\\/<>&' };
    const text = '{"\\u00e9":"\\u00e9\\ud83d\\ude00\\u2028\\u007f\\u0001\\b\\f\\n\\r\\t\\"\\\\/<>&"}';
    expect(canonicalJson(value)).toBe(text);
    expect(digest(text)).toBe("90b701b1b77c9f8bd2549a5ef1fe87e687aed4971dcbc134898577c35b7f6d9a");
  });
});

describe("floats are printed as Python prints them", () => {
  test.each([
    [1, "1.0"],
    [0.00001, "1e-05"],
    [123456789012345680, "1.2345678901234568e+17"],
    [1e15, "1000000000000000.0"],
    [1e16, "1e+16"],
    [1e100, "1e+100"],
    [5e-324, "5e-324"],
    [-1.5e-6, "-1.5e-06"],
    [-0, "-0.0"],
    [Number.POSITIVE_INFINITY, "Infinity"],
  ])("%d", (value, text) => {
    expect(new PyFloat(value).toString()).toBe(text);
  });

  test("and read back as the same number", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => Object.is(Number(new PyFloat(value).toString()), value)),
    );
  });
});

test.each([[null], [[]], [""], [0], [new PyFloat(-0)], [false], [undefined], [{}]])("what is falsy in Python hashes as {}: %j", (value) => {
  expect(canonicalHash(value)).toBe("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
});

test("the hash does not depend on the order of keys", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).reverse());
      expect(canonicalHash(reversed)).toBe(canonicalHash(value));
    }),
  );
});

test("keys sort by code point", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
      const points = (text: string): number[] => Array.from(text, (character) => character.codePointAt(0) ?? 0);
      const [left, right] = [points(a), points(b)];
      const at = left.findIndex((point, index) => point !== right[index]);
      const expected = at === -1 ? left.length - right.length : right[at] === undefined ? 1 : (left[at] ?? 0) - right[at];
      expect(Math.sign(compareCodePoints(a, b))).toBe(Math.sign(expected));
    }),
  );
});

test("text that looks like a non-finite token stays text", () => {
  expect(canonicalJson(parseLosslessJson('{"a":"NaN \\" Infinity","b":-Infinity}'))).toBe('{"a":"NaN \\" Infinity","b":-Infinity}');
});

test("a function cannot be hashed", () => {
  expect(() => canonicalHash({ a: () => 1 })).toThrow("cannot hash a function");
});
