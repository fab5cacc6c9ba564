import { join } from "node:path";
import { type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqliteConfigs, SqliteDiagnostics, SqliteInputHashes, SqliteJournal, SqliteProfiles } from "../src/index.ts";
import { openJobsFile } from "../src/job-store/jobs-file.ts";

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const KINDS: readonly (readonly [string, (path: string) => Disposable])[] = [
  ["the journal", (path) => SqliteJournal.open(path)],
  ["the job store", openJobsFile],
  ["diagnostics", (path) => SqliteDiagnostics.open(path)],
  ["profiles", (path) => SqliteProfiles.open(path)],
  ["configurations", (path) => SqliteConfigs.open(path)],
  ["hashes of inputs", openInputHashes],
];

test.each(KINDS)("%s open while another process has a transaction open for long", (_, open) => {
  const path = join(folder.path, "a.db");
  open(path)[Symbol.dispose]();
  const other = new Database(path);
  using _closed = { [Symbol.dispose]: () => void other.close() };
  other.exec("BEGIN IMMEDIATE");
  using _file = open(path);
  expect(other.inTransaction).toBe(true);
});

/** They never fail to open: what went wrong is asked for. */
function openInputHashes(path: string): Disposable {
  const hashes = SqliteInputHashes.open(path);
  expect(hashes.failure).toBeNull();
  return hashes;
}
