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
import { DatabaseFile } from "./database-file.ts";
import { DeferredWrites } from "./deferred-writes.ts";
import { whereClause } from "./where-clause.ts";

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

const INSERT_RECORD =
  "INSERT INTO records (ts, worker_session_id, job_id, level, logger_name, message, exc_text) VALUES (?, ?, ?, ?, ?, ?, ?)";
const INSERT_CHUNK = "INSERT INTO stream_chunks (ts, worker_session_id, stream, content) VALUES (?, ?, ?, ?)";

/** @throws CjmError CJM_STORE_FAILED */
export function openDiagnosticsFile(path: string): DatabaseFile {
  return DatabaseFile.open(path, { title: "diagnostics database", schema: SCHEMA });
}

/** What workers said, on disk (or in memory as `:memory:`); disposable. While another process holds the file, what they say waits. */
export class SqliteDiagnostics implements DiagnosticsStore, Disposable {
  readonly #file: DatabaseFile;
  readonly #writes: DeferredWrites;

  private constructor(file: DatabaseFile) {
    this.#file = file;
    this.#writes = new DeferredWrites(file);
  }

  /** @throws CjmError CJM_STORE_FAILED */
  static open(path: string): SqliteDiagnostics {
    const file = openDiagnosticsFile(path);
    file.waitAtMost(0);
    return new SqliteDiagnostics(file);
  }

  appendRecords(records: readonly DiagnosticsRecord[]): void {
    this.#keep(records, INSERT_RECORD, (row) => [
      formatTimestamp(row.occurredAt),
      row.workerSessionId,
      row.jobId,
      row.level,
      row.loggerName,
      row.message,
      row.excText,
    ]);
  }

  appendChunks(chunks: readonly OutputChunk[]): void {
    this.#keep(chunks, INSERT_CHUNK, (row) => [formatTimestamp(row.occurredAt), row.workerSessionId, row.stream, row.content]);
  }

  /** @throws CjmError CJM_STORE_FAILED */
  queryRecords(query: DiagnosticsQuery): readonly Stored<DiagnosticsRecord>[] {
    return this.#select<RecordRow>("records", query).map((row) => ({
      seq: row.seq,
      occurredAt: parseTimestamp(row.ts) ?? Date.now(),
      workerSessionId: row.worker_session_id,
      jobId: row.job_id,
      level: row.level as LogLevel,
      loggerName: row.logger_name,
      message: row.message,
      excText: row.exc_text,
    }));
  }

  /** @throws CjmError CJM_STORE_FAILED */
  queryChunks(query: Omit<DiagnosticsQuery, "jobId" | "level">): readonly Stored<OutputChunk>[] {
    return this.#select<ChunkRow>("stream_chunks", query).map((row) => ({
      seq: row.seq,
      occurredAt: parseTimestamp(row.ts) ?? Date.now(),
      workerSessionId: row.worker_session_id,
      stream: row.stream,
      content: row.content,
    }));
  }

  [Symbol.dispose](): void {
    this.#writes[Symbol.dispose]();
    this.#file[Symbol.dispose]();
  }

  #select<Row>(table: "records" | "stream_chunks", query: DiagnosticsQuery): Row[] {
    const where = whereClause([
      ["worker_session_id = ?", query.workerSessionId],
      ["job_id = ?", query.jobId],
      ["level = ?", query.level],
      ["seq > ?", query.afterSeq],
    ]);
    const sql = `SELECT * FROM ${table} ${where.sql} ORDER BY seq ${query.order === "descending" ? "DESC" : "ASC"} LIMIT ?`;
    return this.#file.read(() => this.#file.prepare<Row>(sql).all(...where.values, query.limit ?? -1));
  }

  #keep<T>(rows: readonly T[], sql: string, valuesOf: (row: T) => readonly (string | null)[]): void {
    if (rows.length === 0) return;
    this.#writes.add(rows.length, () => {
      const insert = this.#file.prepare(sql);
      for (const row of rows) insert.run(...valuesOf(row));
    });
  }
}
