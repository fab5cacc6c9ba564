import { join } from "node:path";
import { temporaryFolder } from "@cjm/testing";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { enterWalMode } from "../src/wal-mode.ts";

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
      if (refusals.length === 2) other.exec("COMMIT");
      throw error;
    }
  };
  enterWalMode(database, 60_000);
  expect(refusals).toMatchObject([{ code: "SQLITE_BUSY" }, { code: "SQLITE_BUSY" }]);
  expect(database.pragma("journal_mode", { simple: true })).toBe("wal");
});

test("one that holds the file for too long is told of", async () => {
  await using folder = await temporaryFolder();
  using other = open(join(folder.path, "new.db"));
  using database = open(join(folder.path, "new.db"));
  other.exec("BEGIN IMMEDIATE");
  expect(() => enterWalMode(database, 5)).toThrow("database is locked");
});

function open(path: string): Database.Database & Disposable {
  const database = new Database(path);
  return Object.assign(database, { [Symbol.dispose]: () => void database.close() });
}
