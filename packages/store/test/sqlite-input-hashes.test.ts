import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram, type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SqliteInputHashes } from "../src/index.ts";
import { withPythonSqlite } from "./python.ts";

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const at = (name: string): string => join(folder.path, name);
const database = (): string => at("input_hash_cache.db");
const sha256 = (content: string | Buffer): string => `sha256:${createHash("sha256").update(content).digest("hex")}`;
const HELLO = sha256("hello");
const FALSE_HASH = `sha256:${"a".repeat(64)}`;

function file(name: string, content: string): string {
  writeFileSync(at(name), content);
  return at(name);
}

/** A file of zeros that takes no room. */
function zeros(name: string, bytes: number): string {
  writeFileSync(at(name), "");
  truncateSync(at(name), bytes);
  return at(name);
}

/** The rows as the original reads them: path, nanoseconds, size, hash. */
async function rows(): Promise<readonly (readonly [string, string, number, string])[]> {
  const script = `print(json.dumps([[p, str(m), s, h] for p, m, s, h in database.execute("select path, mtime_ns, size, content_hash from input_hash_cache order by path, mtime_ns")]))`;
  return JSON.parse(await withPythonSqlite(database(), script)) as [string, string, number, string][];
}

/** Puts a row for the file as it is now, with the original's statements. */
async function remember(path: string, hash: string): Promise<void> {
  await withPythonSqlite(
    database(),
    `import os
database.execute("PRAGMA journal_mode=WAL")
database.execute("""CREATE TABLE IF NOT EXISTS input_hash_cache (
    path TEXT NOT NULL, mtime_ns INTEGER NOT NULL, size INTEGER NOT NULL, content_hash TEXT NOT NULL, PRIMARY KEY (path, mtime_ns, size))""")
st = os.stat(${JSON.stringify(path)})
database.execute("INSERT OR REPLACE INTO input_hash_cache (path, mtime_ns, size, content_hash) VALUES (?, ?, ?, ?)",
                 (os.path.realpath(${JSON.stringify(path)}), st.st_mtime_ns, st.st_size, ${JSON.stringify(hash)}))`,
  );
}

describe("a hash is remembered", () => {
  test("under the resolved path, with nanoseconds and size, where the original finds it", async () => {
    const real = file("real.txt", "hello");
    symlinkSync(real, at("link.txt"));
    {
      using hashes = SqliteInputHashes.open(database());
      expect(await hashes.hash(at("link.txt"))).toBe(HELLO);
      expect(hashes.failure).toBeNull();
    }
    expect(await rows()).toEqual([[real, String(statSync(real, { bigint: true }).mtimeNs), 5, HELLO]]);
    const shape = `print(database.execute("pragma journal_mode").fetchone()[0], [row[1:] for row in database.execute("pragma table_info(input_hash_cache)")])`;
    expect((await withPythonSqlite(database(), shape)).trim()).toBe(
      "wal [('path', 'TEXT', 1, None, 1), ('mtime_ns', 'INTEGER', 1, None, 2), ('size', 'INTEGER', 1, None, 3), ('content_hash', 'TEXT', 1, None, 0)]",
    );
  });

  test("and used without reading the file, also when the original wrote it", async () => {
    const path = file("input.txt", "hello");
    await remember(path, FALSE_HASH);
    using hashes = SqliteInputHashes.open(database());
    expect(await hashes.hash(path)).toBe(FALSE_HASH);
    expect(await hashes.hash(path, { skipCache: true })).toBe(HELLO);
    expect(await rows()).toEqual([[path, expect.any(String), 5, FALSE_HASH]]);
  });

  test("unless what stands there is no hash", async () => {
    const path = file("input.txt", "hello");
    await remember(path, "sha256:../../..");
    using hashes = SqliteInputHashes.open(database());
    expect(await hashes.hash(path)).toBe(HELLO);
    expect(await rows()).toEqual([[path, expect.any(String), 5, HELLO]]);
  });

  test("skipping leaves nothing behind", async () => {
    using hashes = SqliteInputHashes.open(database());
    expect(await hashes.hash(file("input.txt", "hello"), { skipCache: true })).toBe(HELLO);
    expect(await rows()).toEqual([]);
  });
});

describe("a file that changes", () => {
  test("has its new hash at once, also when its size is the same", async () => {
    using hashes = SqliteInputHashes.open(database());
    for (let round = 10; round < 40; round++) {
      const path = file("input.txt", String(round));
      expect(await hashes.hash(path)).toBe(sha256(String(round)));
    }
  });

  test("while it is hashed is not remembered", async () => {
    using hashes = SqliteInputHashes.open(database());
    const path = zeros("growing.bin", 64 * 1024 * 1024);
    let done = false;
    const grow = (): void => {
      if (done) return;
      appendFileSync(path, "x");
      setImmediate(grow);
    };
    grow();
    await hashes.hash(path);
    done = true;
    expect(await rows()).toEqual([]);
    expect(await hashes.hash(path)).toBe(sha256(readFileSync(path)));
    expect(await rows()).toHaveLength(1);
  });
});

describe("callers at the same time", () => {
  test("of one file get the same hash", async () => {
    using hashes = SqliteInputHashes.open(database());
    const path = zeros("input.bin", 16 * 1024 * 1024);
    const all = await Promise.all(Array.from({ length: 8 }, () => hashes.hash(path)));
    expect(new Set(all)).toEqual(new Set([sha256(Buffer.alloc(16 * 1024 * 1024))]));
    expect(await rows()).toHaveLength(1);
  });

  test("of other files do not wait for a large one, which can be given up", async () => {
    using hashes = SqliteInputHashes.open(database());
    const controller = new AbortController();
    const large = hashes.hash(zeros("large.bin", 64 * 1024 ** 3), { signal: controller.signal });
    const gaveUp = expect(large).rejects.toThrow("no longer wanted");
    expect(await hashes.hash(file("small.txt", "hello"))).toBe(HELLO);
    controller.abort(new Error("no longer wanted"));
    await gaveUp;
    expect(await rows()).toHaveLength(1);
  });

  test("keep the pass when another gives up", async () => {
    using hashes = SqliteInputHashes.open(database());
    const path = zeros("input.bin", 16 * 1024 * 1024);
    const controller = new AbortController();
    const [stays, leaves] = [hashes.hash(path), hashes.hash(path, { signal: controller.signal })];
    const gaveUp = expect(leaves).rejects.toThrow("gave up");
    controller.abort(new Error("gave up"));
    await gaveUp;
    expect(await stays).toBe(sha256(Buffer.alloc(16 * 1024 * 1024)));
  });
});

describe("what is no file is refused, by name", () => {
  test.each([
    ["missing", "true", "ENOENT"],
    ["folder", "mkdir", "it is a directory"],
    ["pipe", "mkfifo", "it is no regular file"],
  ])("%s", async (name, maker, reason) => {
    using hashes = SqliteInputHashes.open(database());
    await runProgram(maker, [at(name)]);
    await expect(hashes.hash(at(name))).rejects.toMatchObject({
      code: "CJM_INPUT_INVALID",
      category: "user_input",
      message: expect.stringMatching(new RegExp(`${at(name)} cannot be read: .*${reason}`)),
    });
    expect(hashes.failure).toBeNull();
  });
});

describe("a database that cannot be used costs speed only", () => {
  test.each([
    ["a folder", "import os; os.mkdir"],
    ["no database", "write = lambda path: open(path, 'w').write('text, ' * 99); write"],
    [
      "of another shape",
      "import sqlite3; make = lambda path: sqlite3.connect(path).execute('create table input_hash_cache (other TEXT)'); make",
    ],
  ])("%s", async (_, spoil) => {
    expect(await runProgram("python3", ["-c", `${spoil}(${JSON.stringify(database())})`])).toMatchObject({ code: 0, stderr: "" });
    using hashes = SqliteInputHashes.open(database());
    const path = file("input.txt", "hello");
    expect([await hashes.hash(path), await hashes.hash(path)]).toEqual([HELLO, HELLO]);
    expect(hashes.failure).toMatchObject({ code: "CJM_STORE_FAILED", message: expect.stringContaining(database()) });
  });

  test("closed during a pass", async () => {
    const hashes = SqliteInputHashes.open(database());
    const pending = hashes.hash(file("input.txt", "hello"));
    hashes[Symbol.dispose]();
    expect(await pending).toBe(HELLO);
    expect(hashes.failure).toMatchObject({ code: "CJM_STORE_FAILED" });
  });

  test("but pruning it fails", async () => {
    mkdirSync(database());
    using hashes = SqliteInputHashes.open(database());
    await expect(hashes.prune({ nowMs: 0, maxAgeMs: null })).rejects.toMatchObject({ code: "CJM_STORE_FAILED" });
  });
});

describe("pruning", () => {
  const NOW_MS = Date.UTC(2026, 10, 20);
  const DAY_MS = 24 * 3600 * 1000;
  const aged = (name: string, days: number): string => {
    const path = file(name, name);
    utimesSync(path, (NOW_MS - days * DAY_MS) / 1000, (NOW_MS - days * DAY_MS) / 1000);
    return path;
  };

  test("takes rows of files that are gone or changed, and of old ones when told", async () => {
    using hashes = SqliteInputHashes.open(database());
    const [fresh, old, gone, changed] = [aged("fresh", 1), aged("old", 40), aged("gone", 1), aged("changed", 1)];
    for (const path of [fresh, old, gone, changed]) await hashes.hash(path);
    rmSync(gone);
    writeFileSync(changed, "more than before");

    const dryRun = await hashes.prune({ nowMs: NOW_MS, maxAgeMs: 30 * DAY_MS, dryRun: true });
    expect(dryRun).toEqual({ goneRows: 2, agedRows: 1, keptRows: 1 });
    expect(await rows()).toHaveLength(4);

    expect(await hashes.prune({ nowMs: NOW_MS, maxAgeMs: null })).toEqual({ goneRows: 2, agedRows: 0, keptRows: 2 });
    expect((await rows()).map(([path]) => path)).toEqual([fresh, old]);
    expect(await hashes.prune({ nowMs: NOW_MS, maxAgeMs: 30 * DAY_MS })).toEqual({ goneRows: 0, agedRows: 1, keptRows: 1 });
    expect((await rows()).map(([path]) => path)).toEqual([fresh]);
  });

  test("looks at every row of many, and hashing deletes none", async () => {
    using hashes = SqliteInputHashes.open(database());
    await withPythonSqlite(
      database(),
      `for i in range(1001): database.execute("insert into input_hash_cache values (?, 1700000000123456789, 1, 'x')", ("/nowhere/%04d" % i,))`,
    );
    await hashes.hash(file("input.txt", "hello"));
    expect(await rows()).toHaveLength(1002);
    expect(await hashes.prune({ nowMs: NOW_MS, maxAgeMs: null })).toEqual({ goneRows: 1001, agedRows: 0, keptRows: 1 });
    expect(await rows()).toHaveLength(1);
  });

  test("can be given up", async () => {
    using hashes = SqliteInputHashes.open(database());
    await hashes.hash(file("input.txt", "hello"));
    const signal = AbortSignal.abort(new Error("not now"));
    await expect(hashes.prune({ nowMs: NOW_MS, maxAgeMs: null, signal })).rejects.toThrow("not now");
  });
});
