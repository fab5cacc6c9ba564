import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CacheDirectories, type CachedInput, SqliteInputHashes } from "@cjm/store";
import { type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let folder: TemporaryFolder;
let hashes: SqliteInputHashes;
let cache: CacheDirectories;
beforeEach(async () => {
  folder = await temporaryFolder();
  hashes = SqliteInputHashes.open(join(folder.path, "input_hash_cache.db"));
  cache = new CacheDirectories(hashes);
});
afterEach(async () => {
  hashes[Symbol.dispose]();
  await folder[Symbol.asyncDispose]();
});

function input(content: string, path = "talk.mp3"): CachedInput {
  const file = join(folder.path, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return { capabilityDataDir: join(folder.path, "data/tool"), action: "convert", input: file };
}

describe("cache directories (40)", () => {
  test("the same content, action and configuration have the same directory, where the original has it", async () => {
    const first = await cache.resolve({ ...input("hello"), config: { k: 1 } });
    expect(first).toBe(join(folder.path, "data/tool/convert/talk/2cf24d_a0da1fce57d0"));
    expect(await cache.resolve({ ...input("hello"), config: { k: 1 } })).toBe(first);
    expect(existsSync(first)).toBe(true);
  });

  test("content that is changed in place, another configuration and another action have another", async () => {
    const before = await cache.resolve({ ...input("hello"), config: { k: 1 } });
    const others = [
      await cache.resolve({ ...input("jello"), config: { k: 1 } }),
      await cache.resolve({ ...input("hello"), config: { k: 2 } }),
      await cache.resolve({ ...input("hello"), config: { k: 1 }, action: "segment" }),
    ];
    expect(new Set([before, ...others]).size).toBe(4);
  });

  test("another input of the same name has another leaf beside it", async () => {
    const one = await cache.resolve({ ...input("one", "a/talk.mp3"), config: {} });
    const two = await cache.resolve({ ...input("two", "b/talk.mp3"), config: {} });
    expect(dirname(two)).toBe(dirname(one));
    expect(basename(two)).not.toBe(basename(one));
  });

  test("a changed configuration upstream changes the key of everything downstream", async () => {
    const downstream = async (rate: number): Promise<string> => {
      const made = await cache.resolve({ ...input("hello"), config: { rate } });
      writeFileSync(join(made, "out.wav"), `samples at ${rate}`);
      return await cache.resolve({ ...input("hello"), input: join(made, "out.wav"), action: "segment", config: {} });
    };
    const [slow, fast, again] = [await downstream(8000), await downstream(16000), await downstream(8000)];
    expect(fast).not.toBe(slow);
    expect(again).toBe(slow);
  });

  test("an identifier is hashed as the text it is, whether or not there is such a file", async () => {
    const page = { capabilityDataDir: join(folder.path, "data/tool"), action: "fetch", input: "https://example.org/a?b=1" } as const;
    const [one, other] = [
      await cache.resolve({ ...page, mode: "identifier", config: {} }),
      await cache.resolve({ ...page, input: "https://example.org/a?b=2", mode: "identifier", config: {} }),
    ];
    expect(basename(other)).not.toBe(basename(one));
    await expect(cache.resolve({ ...page, config: {} })).rejects.toMatchObject({
      code: "CJM_INPUT_INVALID",
      hint: expect.stringContaining("identifier"),
    });
  });

  test("pruning leaves what is to be kept, and touches no other input of the same name", async () => {
    const other = await cache.resolve({ ...input("two", "b/talk.mp3"), config: {} });
    const mine = input("one", "a/talk.mp3");
    const [kept, gone] = [await cache.resolve({ ...mine, config: { k: 1 } }), await cache.resolve({ ...mine, config: { k: 2 } })];
    expect(await cache.prune(mine, { keep: [kept], dryRun: true })).toEqual({ deleted: [gone], failed: [] });
    expect(await cache.prune(mine, { keep: [kept] })).toEqual({ deleted: [gone], failed: [] });
    expect([kept, gone, other].map((path) => existsSync(path))).toEqual([true, false, true]);
  });
});
