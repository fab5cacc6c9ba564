import {
  errorMessage,
  formatTimestamp,
  isJsonObject,
  type JournalEvent,
  type JournalQuery,
  type JournalStore,
  type JsonObject,
  parseTimestamp,
  type StoredJournalEvent,
} from "@cjm/core";
import { isBusy } from "./busy.ts";
import { DatabaseFile } from "./database-file.ts";
import { pythonJson } from "./python-json.ts";
import { WalCheckpoint } from "./wal-checkpoint.ts";
import { type WhereClause, whereClause } from "./where-clause.ts";

/**
 * The original's schema: its hosts and ours read and write the same file. Its indexes have the same names here, but leave out
 * rows that have nothing to be found by, which serves every query that names a value; the one over event types is not made, as
 * it costs every row more than it saves the few who ask by type alone. Together that halves what most rows cost. `seq` counts
 * on without AUTOINCREMENT, which keeps its own table for files that rows are deleted from, and writes a page of it for every commit.
 */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS journal (
  seq INTEGER PRIMARY KEY,
  event_id TEXT NOT NULL UNIQUE,
  ts TEXT NOT NULL,
  event_type TEXT NOT NULL,
  run_id TEXT,
  job_id TEXT,
  composition_id TEXT,
  node_id TEXT,
  capability_instance_id TEXT,
  capability_name TEXT,
  config_hash TEXT,
  task_name TEXT,
  method TEXT,
  worker_session_id TEXT,
  actor TEXT,
  worker_reported INTEGER NOT NULL DEFAULT 0,
  payload TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS idx_journal_job ON journal(job_id) WHERE job_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_journal_run ON journal(run_id) WHERE run_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_journal_comp ON journal(composition_id) WHERE composition_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_journal_instance_ts ON journal(capability_instance_id, ts) WHERE capability_instance_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_journal_wsession ON journal(worker_session_id) WHERE worker_session_id IS NOT NULL;
`;

/** Column of every subject field, in the order of the table. */
const SUBJECT_COLUMNS = [
  ["runId", "run_id"],
  ["jobId", "job_id"],
  ["compositionId", "composition_id"],
  ["nodeId", "node_id"],
  ["instanceId", "capability_instance_id"],
  ["capabilityName", "capability_name"],
  ["configHash", "config_hash"],
  ["taskName", "task_name"],
  ["method", "method"],
  ["workerSessionId", "worker_session_id"],
  ["actor", "actor"],
] as const;

interface JournalRow {
  readonly seq: number;
  readonly event_id: string;
  readonly ts: string;
  readonly event_type: string;
  readonly worker_reported: number;
  readonly payload: string;
  readonly [column: string]: string | number | null;
}

const COLUMNS = ["event_id", "ts", "event_type", ...SUBJECT_COLUMNS.map(([, column]) => column), "worker_reported", "payload"];
const INSERT = `INSERT INTO journal (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map(() => "?").join(", ")})`;

export interface JournalOptions {
  /**
   * Whether `append` holds this thread up while another process writes, for 10 seconds at most; else it fails at once, with what
   * `isBusy` says is worth trying again. @default true
   */
  readonly waits?: boolean;
}

/** The journal on disk, or in memory as `:memory:`. Nothing here deletes: the journal is precious. */
export class SqliteJournal implements JournalStore, Disposable {
  readonly #file: DatabaseFile;
  readonly #checkpoint: WalCheckpoint;

  private constructor(file: DatabaseFile) {
    this.#file = file;
    this.#checkpoint = new WalCheckpoint(file);
  }

  /** @throws CjmError CJM_STORE_FAILED */
  static open(path: string, { waits = true }: JournalOptions = {}): SqliteJournal {
    const file = DatabaseFile.open(path, { title: "journal", schema: SCHEMA });
    if (!waits) file.waitAtMost(0);
    return new SqliteJournal(file);
  }

  append(events: readonly JournalEvent[]): readonly number[] {
    const rows = events.map(rowOf);
    const seqs = this.#file.write(() => {
      const insert = this.#file.prepare(INSERT);
      return rows.map((row) => Number(insert.run(...row).lastInsertRowid));
    });
    this.#checkpoint.committed();
    return seqs;
  }

  isBusy(error: unknown): boolean {
    return isBusy(error);
  }

  query(query: JournalQuery): readonly StoredJournalEvent[] {
    const where = conditions(query);
    const sql = `SELECT * FROM journal ${where.sql} ORDER BY seq ${query.order === "descending" ? "DESC" : "ASC"} LIMIT ?`;
    return this.#file.read(() =>
      this.#file
        .prepare<JournalRow>(sql)
        .all(...where.values, query.limit ?? -1)
        .map(eventOf),
    );
  }

  count(eventType?: string): number {
    const where = whereClause([["event_type = ?", eventType]]);
    const sql = `SELECT count(*) AS rows FROM journal ${where.sql}`;
    return this.#file.read(() => this.#file.prepare<{ rows: number }>(sql).get(...where.values)?.rows ?? 0);
  }

  [Symbol.dispose](): void {
    this.#checkpoint[Symbol.dispose]();
    this.#file[Symbol.dispose]();
  }
}

function conditions(query: JournalQuery): WhereClause {
  return whereClause([
    ["run_id = ?", query.runId],
    ["job_id = ?", query.jobId],
    ["composition_id = ?", query.compositionId],
    ["capability_instance_id = ?", query.instanceId],
    ["worker_session_id = ?", query.workerSessionId],
    ["event_type = ?", query.eventType],
    ["seq > ?", query.afterSeq],
    ["seq < ?", query.beforeSeq],
    ["ts >= ?", query.since === undefined ? undefined : formatTimestamp(query.since)],
    ["ts <= ?", query.until === undefined ? undefined : formatTimestamp(query.until)],
  ]);
}

function rowOf(event: JournalEvent): readonly (string | number | null)[] {
  return [
    event.eventId,
    formatTimestamp(event.occurredAt),
    event.eventType,
    // Named one by one, in the order of `SUBJECT_COLUMNS`: a loop over them takes as long as the rest of the row.
    event.runId ?? null,
    event.jobId ?? null,
    event.compositionId ?? null,
    event.nodeId ?? null,
    event.instanceId ?? null,
    event.capabilityName ?? null,
    event.configHash ?? null,
    event.taskName ?? null,
    event.method ?? null,
    event.workerSessionId ?? null,
    event.actor ?? null,
    event.workerReported === true ? 1 : 0,
    payloadText(event.payload),
  ];
}

/** A payload nested too deep to be written must not stop the journal: workers choose what they report. */
function payloadText(payload: JsonObject): string {
  try {
    return pythonJson(payload);
  } catch (error) {
    return pythonJson({ _unserializable: errorMessage(error) });
  }
}

function eventOf(row: JournalRow): StoredJournalEvent {
  return {
    seq: row.seq,
    eventId: row.event_id,
    occurredAt: parseTimestamp(row.ts) ?? Date.now(),
    eventType: row.event_type,
    ...Object.fromEntries(SUBJECT_COLUMNS.map(([field, column]) => [field, row[column] ?? null])),
    workerReported: row.worker_reported !== 0,
    payload: payloadOf(row.payload),
  };
}

/** A payload that is no JSON object is handed on as it stands, so that one bad row hides no others. */
function payloadOf(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch {
    // Falls through to the tolerant form.
  }
  return { _unparseable: text };
}
