import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  cacheDirectoryPath,
  cacheFolderPath,
  cacheLeafName,
  cacheStem,
  canonicalHash,
  hashBytes,
  parseLosslessJson,
} from "../../src/index.ts";

/** What the original answers; other languages and packages are held to the same file. */
const golden = JSON.parse(readFileSync(new URL("./fixtures/cache-directories.json", import.meta.url), "utf8")) as {
  readonly stems: readonly { readonly input: string; readonly stem: string }[];
  readonly directories: readonly {
    readonly action: string;
    readonly input: string;
    readonly content: string | null;
    readonly config: string;
    readonly directory: string;
  }[];
};

const HELLO = hashBytes("hello");
const PLACE = { dataDir: "/data", action: "convert", input: "talk.mp3", inputHash: HELLO, configHash: canonicalHash({ k: 1 }) };

describe("as the original answers", () => {
  test.each(golden.stems)("the stem of $input", ({ input, stem }) => {
    expect(cacheStem(input)).toBe(stem);
  });

  test.each(golden.directories)("$directory", ({ action, input, content, config, directory }) => {
    const path = cacheDirectoryPath({
      dataDir: "/data",
      action,
      input,
      inputHash: hashBytes(content ?? input),
      configHash: canonicalHash(parseLosslessJson(config)),
    });
    expect(path).toBe(`/data/${directory}`);
  });
});

test.each([
  ["hello", { k: 1 }, undefined, "2cf24d_a0da1fce57d0"],
  ["hello", {}, undefined, "2cf24d_44136fa355b3"],
  ["hello", { k: 1 }, { input: 8, config: 4 }, "2cf24dba_a0da"],
])("the leaf of %j and %j with lengths %j", (content, config, lengths, leaf) => {
  expect(cacheLeafName(hashBytes(content), canonicalHash(config), lengths)).toBe(leaf);
});

test("a hash is taken with and without its tag", () => {
  expect(cacheLeafName(HELLO.slice("sha256:".length), "sha256:a0da1fce57d0")).toBe("2cf24d_a0da1fce57d0");
});

test("a stem of 100 code points is kept whole, and no pair of surrogates is cut", () => {
  expect(Array.from(cacheStem(`${"😀".repeat(120)}.txt`))).toHaveLength(100);
  expect(cacheStem(`${"x".repeat(99)}😀y.txt`)).toBe(`${"x".repeat(99)}😀`);
});

test.each([
  ["/data", "/data/convert/talk"],
  ["/data//", "/data/convert/talk"],
  ["/", "/convert/talk"],
  ["data", "data/convert/talk"],
])("below the data directory %s", (dataDir, folder) => {
  expect(cacheFolderPath({ ...PLACE, dataDir })).toBe(folder);
});

test.each(["", ".", "..", "../up", "a/b", "/abs", "a\\b", "nul\0", "line\nbreak"])("the action %j is refused", (action) => {
  expect(() => cacheDirectoryPath({ ...PLACE, action })).toThrow(
    expect.objectContaining({ code: "CJM_INPUT_INVALID", hint: expect.stringContaining("without slashes") }),
  );
});

test.each([
  ["sha256:../../..", 6],
  ["sha256:", 6],
  ["", 6],
  ["ABCDEF", 6],
  [HELLO, 0],
  [HELLO, 2.5],
])("the hash %j with length %d is refused", (inputHash, length) => {
  const lengths = { input: length, config: 12 };
  expect(() => cacheDirectoryPath({ ...PLACE, inputHash, lengths })).toThrow(expect.objectContaining({ code: "CJM_INPUT_INVALID" }));
});
