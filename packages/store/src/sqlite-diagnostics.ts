import {
  type DiagnosticsQuery,
  type DiagnosticsRecord,
  type DiagnosticsStore,
  formatTimestamp,
  type LogLevel,
  type OutputChunk,
  parseTimestamp,
  type Stored,
} from "@cjm/core";
import type Database from "better-sqlite3";
import { openDatabase } from "./open-database.ts";

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
CREATE TABLE IF NOT EXISTS stream_chunks (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  ts TEXT NOT NULL,
  worker_session_id TEXT,
  stream TEXT NOT NULL DEFAULT 'stdout',
  content TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS idx_chunks_session ON stream_chunks(worker_session_id);
CREATE INDEX IF NOT EXISTS idx_chunks_ts ON stream_chunks(ts);
`;

interface RecordRow {
  readonly seq: number;
  readonly ts: string;
  readonly worker_session_id: string | null;
  readonly job_id: string | null;
  readonly level: string;
  readonly logger_name: string;
  readonly message: string;
  readonly exc_text: string | null;
}

interface ChunkRow {
  readonly seq: number;
  readonly ts: string;
  readonly worker_session_id: string | null;
  readonly stream: string;
  readonly content: string;
}

/** What workers said, on disk; disposable. Writing never throws: `lostRows` counts what could not be kept. */
export class SqliteDiagnostics implements DiagnosticsStore, Disposable {
  readonly #database: Database.Database;
  readonly #insertRecords: Database.Transaction<(records: readonly DiagnosticsRecord[]) => void>;
  readonly #insertChunks: Database.Transaction<(chunks: readonly OutputChunk[]) => void>;
  #lostRows = 0;

  private constructor(database: Database.Database) {
    this.#database = database;
    const record = database.prepare(
      "INSERT INTO records (ts, worker_session_id, job_id, level, logger_name, message, exc_text) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    this.#insertRecords = database.transaction((records: readonly DiagnosticsRecord[]) => {
      for (const row of records)
        record.run(formatTimestamp(row.occurredAt), row.workerSessionId, row.jobId, row.level, row.loggerName, row.message, row.excText);
    });
    const chunk = database.prepare("INSERT INTO stream_chunks (ts, worker_session_id, stream, content) VALUES (?, ?, ?, ?)");
    this.#insertChunks = database.transaction((chunks: readonly OutputChunk[]) => {
      for (const row of chunks) chunk.run(formatTimestamp(row.occurredAt), row.workerSessionId, row.stream, row.content);
    });
  }

  /** @throws CjmError CJM_STORE_FAILED */
  static open(path: string): SqliteDiagnostics {
    return new SqliteDiagnostics(openDatabase(path, { title: "diagnostics database", schema: SCHEMA, journalMode: "wal" }));
  }

  get lostRows(): number {
    return this.#lostRows;
  }

  appendRecords(records: readonly DiagnosticsRecord[]): void {
    this.#keep(records.length, () => this.#insertRecords.immediate(records));
  }

  appendChunks(chunks: readonly OutputChunk[]): void {
    this.#keep(chunks.length, () => this.#insertChunks.immediate(chunks));
  }

  queryRecords(query: DiagnosticsQuery): readonly Stored<DiagnosticsRecord>[] {
    return this.#select<RecordRow>("records", query, [
      ["job_id = ?", query.jobId],
      ["level = ?", query.level],
    ]).map((row) => ({
      seq: row.seq,
      occurredAt: parseTimestamp(row.ts) ?? 0,
      workerSessionId: row.worker_session_id,
      jobId: row.job_id,
      level: row.level as LogLevel,
      loggerName: row.logger_name,
      message: row.message,
      excText: row.exc_text,
    }));
  }

  queryChunks(query: Omit<DiagnosticsQuery, "jobId" | "level">): readonly Stored<OutputChunk>[] {
    return this.#select<ChunkRow>("stream_chunks", query, []).map((row) => ({
      seq: row.seq,
      occurredAt: parseTimestamp(row.ts) ?? 0,
      workerSessionId: row.worker_session_id,
      stream: row.stream,
      content: row.content,
    }));
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  #select<Row>(table: string, query: Omit<DiagnosticsQuery, "jobId" | "level">, more: readonly [string, string | undefined][]): Row[] {
    const parts: [string, string | number | undefined][] = [
      ["worker_session_id = ?", query.workerSessionId],
      ["seq > ?", query.afterSeq],
      ...more,
    ];
    const given = parts.filter((part): part is [string, string | number] => part[1] !== undefined);
    const where = given.length === 0 ? "" : `WHERE ${given.map(([sql]) => sql).join(" AND ")}`;
    const order = query.order === "descending" ? "DESC" : "ASC";
    return this.#database
      .prepare<unknown[], Row>(`SELECT * FROM ${table} ${where} ORDER BY seq ${order} LIMIT ?`)
      .all(...given.map(([, value]) => value), query.limit ?? -1);
  }

  #keep(rows: number, write: () => void): void {
    if (rows === 0) return;
    try {
      write();
    } catch {
      this.#lostRows += rows;
    }
  }
}
