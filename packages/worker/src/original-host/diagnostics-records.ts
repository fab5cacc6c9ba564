import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { DiagnosticsSink } from "./diagnostics-sink.ts";
import type { LogFrame } from "./frame-reader.ts";

/** Every worker of the host writes into the same file. A short wait, since nothing else happens in this process meanwhile. */
const BUSY_MS = 250;
const RETRY_MS = 200;
/** Lines that wait for a database which others keep locked; beyond it the oldest are lost. */
const LONGEST_BACKLOG = 10_000;

/** Column types and indexes are the original's. */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS records (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  ts TEXT NOT NULL,
  worker_session_id TEXT,
  job_id TEXT,
  level TEXT NOT NULL DEFAULT 'INFO',
  logger_name TEXT NOT NULL DEFAULT '',
  message TEXT NOT NULL,
  exc_text TEXT
);
CREATE INDEX IF NOT EXISTS idx_records_job ON records(job_id);
CREATE INDEX IF NOT EXISTS idx_records_session ON records(worker_session_id);
CREATE INDEX IF NOT EXISTS idx_records_ts ON records(ts);
`;
const INSERT = "INSERT INTO records (ts, worker_session_id, job_id, level, logger_name, message, exc_text) VALUES (?, ?, ?, ?, ?, ?, ?)";

/** Writes log lines into the `records` table of the original's diagnostics database, one transaction per turn of the event loop. */
export class DiagnosticsRecords implements DiagnosticsSink {
  readonly #path: string;
  readonly #sessionId: string | null;
  readonly #otherwise: (frame: LogFrame) => void;
  #database: DatabaseSync | null = null;
  #insert: StatementSync | null = null;
  #waiting: LogFrame[] = [];
  #timer: NodeJS.Timeout | null = null;

  /** Opens the file with the first line. @param otherwise takes the lines of a database that cannot be opened */
  constructor(path: string, sessionId: string | null, otherwise: (frame: LogFrame) => void) {
    this.#path = path;
    this.#sessionId = sessionId;
    this.#otherwise = otherwise;
  }

  write(frame: LogFrame): void {
    this.#waiting.push(frame);
    if (this.#waiting.length > LONGEST_BACKLOG) this.#waiting.shift();
    this.#timer ??= setTimeout(() => this.#flush(), 0);
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#flush();
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const frame of this.#waiting) this.#otherwise(frame);
    this.#database?.close();
  }

  #flush(): void {
    this.#timer = null;
    if (this.#waiting.length === 0) return;
    try {
      this.#insertAll(this.#open());
      this.#waiting = [];
    } catch (error) {
      if (isBusy(error)) {
        this.#timer = setTimeout(() => this.#flush(), RETRY_MS);
        return;
      }
      for (const frame of this.#waiting) this.#otherwise(frame);
      this.#waiting = [];
    }
  }

  #insertAll(database: DatabaseSync): void {
    this.#insert ??= database.prepare(INSERT);
    database.exec("BEGIN IMMEDIATE");
    try {
      for (const { ts, job_id, level, logger, message, exc_text } of this.#waiting) {
        this.#insert.run(ts, this.#sessionId, job_id ?? null, level, logger, message, exc_text ?? null);
      }
      database.exec("COMMIT");
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  }

  #open(): DatabaseSync {
    if (this.#database !== null) return this.#database;
    mkdirSync(dirname(this.#path), { recursive: true });
    const database = new DatabaseSync(this.#path, { timeout: BUSY_MS });
    try {
      database.exec(`PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; ${SCHEMA}`);
    } catch (error) {
      database.close();
      throw error;
    }
    this.#database = database;
    return database;
  }
}

/** Source: result codes of SQLite; extended ones keep the primary one in their low byte. */
function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return false;
  const [SQLITE_BUSY, SQLITE_LOCKED] = [5, 6];
  return [SQLITE_BUSY, SQLITE_LOCKED].includes(error.errcode & 0xff);
}
