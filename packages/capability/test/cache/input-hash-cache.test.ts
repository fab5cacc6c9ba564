import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { InputHashCache } from "../../src/cache/input-hash-cache.ts";
import { FakeCallContext } from "../fake-call-context.ts";

test("a new file whose header another is just writing is used as it is, and nobody is warned", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "hashes.db");
  const other = new DatabaseSync(path);
  using _closed = { [Symbol.dispose]: () => other.close() };
  other.exec(
    "CREATE TABLE input_hash_cache (path TEXT NOT NULL, mtime_ns INTEGER NOT NULL, size INTEGER NOT NULL, content_hash TEXT NOT NULL, PRIMARY KEY (path, mtime_ns, size))",
  );
  const hash = `sha256:${"0".repeat(64)}`;
  other.prepare("INSERT INTO input_hash_cache VALUES (?, ?, ?, ?)").run("/a", 1, 2, hash);
  other.exec("BEGIN IMMEDIATE");
  const call = new FakeCallContext();
  expect(new InputHashCache(path).get({ path: "/a", mtimeNs: 1n, size: 2n }, call.log)).toBe(hash);
  expect(call.said).toEqual([]);
});
