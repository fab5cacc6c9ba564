import { CjmError } from "@cjm/core";
import { DatabaseFile } from "../database-file.ts";

const VERSION = 1;

/**
 * `host_id` is who a job or composition belongs to while it is not over, and null afterwards: so the indexes of what is open
 * stay small however many ended ones there are, and a claim touches no index at all.
 *
 * A row of `jobs` never grows after its insert: `lease` and `started_at` begin with values as long as those that replace them,
 * and how a job ended stands in a table of its own, at whose end it is appended. Else each settlement of a long backlog would
 * split a page that is full, which costs several times as much as everything else together.
 */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS hosts (
  host_id INTEGER PRIMARY KEY AUTOINCREMENT,
  pid INTEGER NOT NULL,
  start_ticks INTEGER,
  boot_id TEXT,
  pid_namespace TEXT,
  beat INTEGER NOT NULL,
  beat_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS jobs (
  seq INTEGER PRIMARY KEY,
  job_id TEXT NOT NULL UNIQUE,
  host_id INTEGER,
  status TEXT NOT NULL,
  lease TEXT,
  started_at INTEGER NOT NULL,
  interruptions INTEGER NOT NULL DEFAULT 0,
  was_running INTEGER NOT NULL DEFAULT 0,
  priority REAL NOT NULL,
  instance_id TEXT NOT NULL,
  composition_id TEXT,
  run_id TEXT,
  spec TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS open_jobs ON jobs(host_id) WHERE host_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS member_jobs ON jobs(composition_id) WHERE composition_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS endings (
  seq INTEGER PRIMARY KEY,
  ended_at INTEGER NOT NULL,
  error TEXT,
  result_file TEXT,
  result TEXT
);
CREATE INDEX IF NOT EXISTS result_files ON endings(result_file) WHERE result_file IS NOT NULL;
CREATE TABLE IF NOT EXISTS compositions (
  seq INTEGER PRIMARY KEY,
  composition_id TEXT NOT NULL UNIQUE,
  host_id INTEGER,
  status TEXT NOT NULL,
  cancel_requested INTEGER NOT NULL,
  ended_at INTEGER,
  instance_ids TEXT NOT NULL,
  composition TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS open_compositions ON compositions(host_id) WHERE host_id IS NOT NULL;
CREATE TABLE IF NOT EXISTS ledger (
  seq INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  written_at INTEGER NOT NULL,
  data TEXT NOT NULL
);
`;

/** Of a job that did not start: as long on disk as the Unix milliseconds that replace it. */
export const NOT_STARTED = -(2 ** 40);

/**
 * Opens `jobs.db`, making what is missing.
 * @throws CjmError CJM_STORE_FAILED, also for a file that a later version of cjm wrote; that one is left as it is
 */
export function openJobsFile(path: string): DatabaseFile {
  return DatabaseFile.open(path, {
    title: "job store",
    schema: SCHEMA,
    migrate: (database) => {
      const version = Number(database.pragma("user_version", { simple: true }));
      if (version > VERSION) throw fromTheFuture(path, version);
      if (version < VERSION) database.pragma(`user_version = ${VERSION}`);
    },
  });
}

function fromTheFuture(path: string, version: number): CjmError {
  return new CjmError(
    "CJM_STORE_FAILED",
    `The job store ${path} has schema version ${version}; this cjm knows versions up to ${VERSION}.`,
    {
      hint: `Update cjm, or move ${path} aside; a new one is made at the next start.`,
      retriable: false,
      details: { path, version },
    },
  );
}
