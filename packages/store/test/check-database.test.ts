import { closeSync, openSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@cjm/testing";
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
