import { closeSync, copyFileSync, existsSync, openSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@cjm/testing";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { databaseFaults, SqliteJournal } from "../src/index.ts";

function writeJournal(path: string): void {
  using journal = SqliteJournal.open(path);
  const event = { occurredAt: 1_700_000_000_000, eventType: "x", payload: { text: "y".repeat(500) } };
  journal.append(Array.from({ length: 200 }, (_, index) => ({ ...event, eventId: `e${index}` })));
}

test("a whole database has no faults, also while another has it open", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "journal.db");
  writeJournal(path);
  using _open = SqliteJournal.open(path);
  expect(databaseFaults(path)).toEqual([]);
});

test("what a process had half written when it died is no fault", async () => {
  await using folder = await temporaryFolder();
  const [path, copy] = [join(folder.path, "live.db"), join(folder.path, "dead.db")];
  const database = new Database(path);
  using _closed = { [Symbol.dispose]: () => database.close() };
  // A transaction larger than its memory is in the file before it is committed; what it replaced is in the journal.
  database.exec("PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; CREATE TABLE t (a); BEGIN IMMEDIATE");
  const insert = database.prepare("INSERT INTO t VALUES (?)");
  for (let row = 0; row < 200; row++) insert.run("x".repeat(1000));
  for (const ending of ["", "-journal"]) copyFileSync(`${path}${ending}`, `${copy}${ending}`);
  expect(databaseFaults(copy)).toEqual([]);
  expect(existsSync(`${copy}-journal`)).toBe(false);
});

test("pages that are overwritten, files that are no databases, and files that are not there have some", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "journal.db");
  writeJournal(path);
  const file = openSync(path, "r+");
  writeSync(file, Buffer.alloc(8192, 0x5a), 0, 8192, Math.floor(statSync(path).size / 8192) * 4096);
  closeSync(file);
  expect(databaseFaults(path).length).toBeGreaterThan(0);
  const text = join(folder.path, "text.db");
  writeFileSync(text, "no database ".repeat(1000));
  expect(databaseFaults(text)).toEqual([expect.stringContaining("not a database")]);
  expect(databaseFaults(join(folder.path, "missing.db"))).toHaveLength(1);
});
