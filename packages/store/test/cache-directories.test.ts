import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { PyFloat, parseLosslessJson } from "@cjm/core";
import { type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { CacheDirectories, type CachedInput, SqliteInputHashes } from "../src/index.ts";

const golden = JSON.parse(readFileSync(new URL("../../core/test/cache/fixtures/cache-directories.json", import.meta.url), "utf8")) as {
  readonly directories: readonly {
    readonly mode: "content" | "identifier";
    readonly action: string;
    readonly input: string;
    readonly content: string | null;
    readonly config: string;
    readonly directory: string;
  }[];
};

let folder: TemporaryFolder;
let hashes: SqliteInputHashes;
let directories: CacheDirectories;
beforeEach(async () => {
  folder = await temporaryFolder();
  hashes = SqliteInputHashes.open(":memory:");
  directories = new CacheDirectories(hashes);
});
afterEach(async () => {
  hashes[Symbol.dispose]();
  await folder[Symbol.asyncDispose]();
});

const at = (...parts: string[]): string => join(folder.path, ...parts);

function talk(content: string, name = "talk.mp3"): CachedInput {
  writeFileSync(at(name), content);
  return { capabilityDataDir: at("data"), action: "convert", input: at(name) };
}

test.each(golden.directories)("the original's directory $directory", async ({ mode, action, input, content, config, directory }) => {
  if (content !== null) writeFileSync(at(input), content);
  const path = await directories.resolve({
    capabilityDataDir: at("data"),
    action,
    input: mode === "content" ? at(input) : input,
    mode,
    config: parseLosslessJson(config) as Record<string, unknown> | null,
  });
  expect(path).toBe(at("data", directory));
  expect(existsSync(path)).toBe(true);
});

describe("a directory belongs to content, action and configuration", () => {
  test("and is the same for the same", async () => {
    const input = talk("hello");
    const one = await directories.resolve({ ...input, config: { k: 1, j: [2] } });
    expect(await directories.resolve({ ...input, config: { j: [2], k: 1 } })).toBe(one);
    expect(await directories.resolve({ ...talk("hello", "copy/../talk.mp3"), config: { j: [2], k: 1 } })).toBe(one);
  });

  test("another when one of them is", async () => {
    const before = await directories.resolve({ ...talk("hello"), config: { k: 1 } });
    const others = [
      await directories.resolve({ ...talk("hello"), config: { k: 2 } }),
      await directories.resolve({ ...talk("hello"), config: { k: new PyFloat(1) } }),
      await directories.resolve({ ...talk("hello"), action: "segment", config: { k: 1 } }),
      await directories.resolve({ ...talk("jello"), config: { k: 1 } }),
    ];
    expect(new Set([before, ...others]).size).toBe(5);
    expect(others.slice(0, 2).map((path) => basename(path).slice(0, 7))).toEqual(["2cf24d_", "2cf24d_"]);
  });

  test("so that a changed configuration changes everything that is made from its result", async () => {
    const upstream = async (rate: number): Promise<string> => {
      const result = join(await directories.resolve({ ...talk("hello"), config: { rate } }), "converted.wav");
      writeFileSync(result, `at ${rate}`);
      return directories.resolve({ ...talk("hello"), action: "segment", input: result, config: {} });
    };
    const [first, second, again] = [await upstream(16000), await upstream(8000), await upstream(16000)];
    expect(first).not.toBe(second);
    expect(again).toBe(first);
  });

  test("with the lengths asked for, and not made when not wanted", async () => {
    const path = await directories.resolve({ ...talk("hello"), config: { k: 1 }, lengths: { input: 8, config: 4 }, create: false });
    expect(path).toBe(at("data/convert/talk/2cf24dba_a0da"));
    expect(existsSync(at("data"))).toBe(false);
  });

  test("the stat cache can be passed by", async () => {
    const distrustful = new CacheDirectories({ hash: async (_path, options) => `sha256:${options?.skipCache === true ? "1" : "2"}` });
    const leaf = async (skipInputCache: boolean): Promise<string> =>
      basename(await distrustful.resolve({ ...talk("hello"), skipInputCache, create: false })).slice(0, 2);
    expect([await leaf(true), await leaf(false)]).toEqual(["1_", "2_"]);
  });
});

test.each([
  ["an action that leads elsewhere", { action: "../convert" }, "CJM_INPUT_INVALID"],
  ["an input that is not there", { input: "/nowhere/talk.mp3" }, "CJM_INPUT_INVALID"],
  ["a data directory that is a file", { capabilityDataDir: "/dev/null" }, "CJM_STORE_FAILED"],
])("%s is refused", async (_, change, code) => {
  await expect(directories.resolve({ ...talk("hello"), ...change })).rejects.toMatchObject({ code, hint: expect.any(String) });
});

test("who waits for the hash can give up", async () => {
  const signal = AbortSignal.abort(new Error("not now"));
  await expect(directories.resolve({ ...talk("hello"), signal })).rejects.toThrow("not now");
});

describe("listing and pruning", () => {
  /** Two directories of this talk, one of another talk of the same name, and what is no directory of ours. */
  async function filled() {
    const other = await directories.resolve({ ...talk("other talk"), config: {} });
    const input = talk("hello");
    const own = [await directories.resolve({ ...input, config: { k: 1 } }), await directories.resolve({ ...input, config: {} })].sort();
    for (const path of [other, ...own]) writeFileSync(join(path, "result"), "made");
    mkdirSync(at("data/convert/talk/2cf24d_notes"));
    writeFileSync(at("data/convert/talk/2cf24d_00"), "a file");
    mkdirSync(at("precious"));
    writeFileSync(at("precious/file"), "kept");
    symlinkSync(at("precious"), at("data/convert/talk/2cf24d_11"));
    return { input, own, other };
  }

  test("an input has its own directories, sorted", async () => {
    const { input, own } = await filled();
    expect(own.map((path) => basename(path))).toEqual(["2cf24d_44136fa355b3", "2cf24d_a0da1fce57d0"]);
    expect(await directories.list(input)).toEqual(own);
  });

  test("all of its stem when asked, also after the input is gone", async () => {
    const { input, own, other } = await filled();
    rmSync(input.input);
    expect(await directories.list({ ...input, allOfStem: true })).toEqual([...own, at("data/convert/talk/2cf24d_notes"), other].sort());
    await expect(directories.list(input)).rejects.toMatchObject({ code: "CJM_INPUT_INVALID" });
  });

  test("none where nothing was made", async () => {
    expect(await directories.list(talk("hello"))).toEqual([]);
    expect(await directories.prune(talk("hello"))).toEqual({ deleted: [], failed: [] });
  });

  test("by identifier", async () => {
    const page = { capabilityDataDir: at("data"), action: "fetch", input: "https://example.org/a?b=1", mode: "identifier" } as const;
    const made = await directories.resolve(page);
    await directories.resolve({ ...page, input: "https://example.com/a?b=1" });
    expect(await directories.list(page)).toEqual([made]);
    expect(await directories.list({ ...page, allOfStem: true })).toHaveLength(2);
  });

  test("pruning leaves what is kept and what belongs to others", async () => {
    const { input, own, other } = await filled();
    const [first = "", second = ""] = own;
    expect(await directories.prune(input, { keep: [first], dryRun: true })).toEqual({ deleted: [second], failed: [] });
    expect(existsSync(second)).toBe(true);
    expect(await directories.prune(input, { keep: [`${first}/`] })).toEqual({ deleted: [second], failed: [] });
    expect([first, second, other, at("precious/file")].map((path) => existsSync(path))).toEqual([true, false, true, true]);
    expect(await directories.prune(input)).toEqual({ deleted: [first], failed: [] });
    expect(existsSync(other)).toBe(true);
  });

  test("pruning the stem takes the other input's too", async () => {
    const { input, own, other } = await filled();
    await directories.prune({ ...input, allOfStem: true }, { keep: own });
    expect([...own, other].map((path) => existsSync(path))).toEqual([true, true, false]);
  });

  test("what was to be kept and is gone, or is another input's, is no mistake", async () => {
    const { input, own, other } = await filled();
    const keep = [other, at("data/convert/talk/2cf24d_123456789abc")];
    expect(await directories.prune(input, { keep })).toEqual({ deleted: own, failed: [] });
  });

  test("something to keep that lies elsewhere stops everything", async () => {
    const { input, own } = await filled();
    for (const keep of [at("data/segment/talk/2cf24d_44136fa355b3"), "2cf24d_44136fa355b3", at("data/convert/talk")]) {
      await expect(directories.prune(input, { keep: [keep] })).rejects.toMatchObject({ code: "CJM_INPUT_INVALID" });
    }
    expect(own.every((path) => existsSync(path))).toBe(true);
  });

  test("a folder behind a link is left alone, but the data directory may be one", async () => {
    const { input, own } = await filled();
    symlinkSync(at("data"), at("linked-data"));
    expect(await directories.prune({ ...input, capabilityDataDir: at("linked-data") }, { keep: own.slice(0, 1) })).toEqual({
      deleted: [at("linked-data/convert/talk", basename(own[1] ?? ""))],
      failed: [],
    });
    mkdirSync(at("data/segment"));
    symlinkSync(at("data/convert/talk"), at("data/segment/talk"));
    await expect(directories.prune({ ...input, action: "segment" })).rejects.toMatchObject({
      code: "CJM_INPUT_INVALID",
      message: expect.stringContaining("through a link"),
    });
    expect(existsSync(own[0] ?? "")).toBe(true);
  });
});
