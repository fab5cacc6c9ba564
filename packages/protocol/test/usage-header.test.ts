import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeUsage, encodeUsage } from "../src/index.ts";

interface UsageFixture {
  readonly name: string;
  readonly usage: Record<string, number>;
  readonly header: string;
}

const fixtures = JSON.parse(readFileSync(new URL("../fixtures/usage-headers.json", import.meta.url), "utf8")) as UsageFixture[];

describe("usage header", () => {
  test.each(fixtures)("golden: $name", ({ usage, header }) => {
    expect(encodeUsage(usage)).toBe(header);
    expect(header).toMatch(/^[\x20-\x7e]*$/);
    expect(decodeUsage(header)).toEqual(usage);
  });

  test.each([[null], [{}], [{ broken: Number.NaN }]])("is absent for %j", (usage) => {
    expect(encodeUsage(usage)).toBeNull();
  });

  test("leaves out what is no finite number, both ways", () => {
    expect(encodeUsage({ tokens: 1, endless: Number.POSITIVE_INFINITY })).toBe('{"tokens":1}');
    expect(decodeUsage('{"tokens":1,"text":"2","nothing":null}')).toEqual({ tokens: 1 });
  });

  test("reads what Python writes", () => {
    expect(decodeUsage('{"tokens": 12.0, "pages": 1.5}')).toEqual({ tokens: 12, pages: 1.5 });
  });

  test.each([undefined, "", "{", "7", "[1]", "null", "{}"])("what is no usage counts as none: %s", (header) => {
    expect(decodeUsage(header)).toBeNull();
  });
});
