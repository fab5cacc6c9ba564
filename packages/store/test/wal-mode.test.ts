import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { temporaryFolder } from "@cjm/testing";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { enterWalMode } from "../src/wal-mode.ts";

const modeOf = (database: Database.Database): unknown => database.pragma("journal_mode", { simple: true });

test("whoever is refused, since another writes a new file's header, waits until that is done", async () => {
  await using folder = await temporaryFolder();
  using other = open(join(folder.path, "new.db"));
  using database = open(join(folder.path, "new.db"));
  other.exec("BEGIN IMMEDIATE");
  const refusals: unknown[] = [];
  const pragma = database.pragma.bind(database);
  database.pragma = (...args) => {
    try {
      return pragma(...args);
    } catch (error) {
      refusals.push(error);
      if (refusals.length === 3) other.exec("COMMIT");
      throw error;
    }
  };
  enterWalMode(database, 60_000);
  expect(refusals.map((error) => (error as { code: string }).code)).toEqual(["SQLITE_BUSY", "SQLITE_BUSY", "SQLITE_BUSY"]);
  expect(modeOf(database)).toBe("wal");
});

test("one that holds the file for too long is told of", async () => {
  await using folder = await temporaryFolder();
  using other = open(join(folder.path, "new.db"));
  using database = open(join(folder.path, "new.db"));
  other.exec("BEGIN IMMEDIATE");
  expect(() => enterWalMode(database, 20)).toThrow("database is locked");
  other.exec("COMMIT");
  expect(modeOf(database)).toBe("delete");
});

test("a file that is no database is refused at once", async () => {
  await using folder = await temporaryFolder();
  await writeFile(
    join(folder.path, "notes.db"),
    "This is a text of more than a hundred bytes, and nothing that SQLite has ever written. ".repeat(3),
  );
  using database = open(join(folder.path, "notes.db"));
  expect(() => enterWalMode(database, 600_000)).toThrow("file is not a database");
});

test("four threads that make the same new files at the same moment all get them", async () => {
  await using folder = await temporaryFolder();
  // How many came to a file, over all files: the next one is opened when all have come.
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const program = new URL("./wal-mode-thread.ts", import.meta.url);
  const threads = Array.from(
    { length: 4 },
    () => new Worker(program, { workerData: { folder: folder.path, gate, threads: 4, files: 25 } }),
  );
  const ends = threads.map((thread) => new Promise((resolve) => void thread.once("message", resolve).once("error", resolve)));
  expect(await Promise.all(ends)).toEqual([[], [], [], []]);
});

function open(path: string): Database.Database & Disposable {
  const database = new Database(path);
  return Object.assign(database, { [Symbol.dispose]: () => void database.close() });
}
