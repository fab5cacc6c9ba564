import { existsSync } from "node:fs";
import { type CjmConfig, CjmError, type DiagnosticsStore, dataLayout, type JournalStore, type LogLevel } from "@cjm/core";
import { SqliteDiagnostics, SqliteJournal } from "@cjm/store";
import type { Colors } from "../terminal/terminal.ts";
import { chunkLine, journalLine, jsonLine, recordLine, shortId } from "./log-lines.ts";

export type LogKind = "records" | "chunks" | "journal";

export interface LogFilter {
  readonly jobId?: string;
  readonly runId?: string;
  readonly workerSessionId?: string;
  /** This level and those above it. */
  readonly level?: LogLevel;
}

export interface LogEntry {
  readonly seq: number;
  text(colors: Colors): string;
  json(): string;
}

/** Rows of one of the log stores. */
export interface LogSource extends Disposable {
  /** The newest rows, oldest first; with `afterSeq` only later ones. @param limit undefined for all */
  read(range: { readonly limit?: number; readonly afterSeq?: number }): readonly LogEntry[];
}

export const LOG_LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] as const satisfies readonly LogLevel[];

/** Null when nothing was ever written: looking must not make a file. @throws CjmError CJM_STORE_FAILED, CJM_JOB_NOT_FOUND */
export function openLogSource(kind: LogKind, config: CjmConfig, filter: LogFilter): LogSource | null {
  const layout = dataLayout(config.dataDir);
  const path = kind === "journal" ? layout.journal : layout.diagnostics;
  if (!existsSync(path)) return null;
  if (kind === "journal") {
    const journal = SqliteJournal.open(path);
    return { read: journalReader(journal, filter), [Symbol.dispose]: () => journal[Symbol.dispose]() };
  }
  const diagnostics = SqliteDiagnostics.open(path);
  const read = kind === "chunks" ? chunkReader(diagnostics, filter) : recordReader(diagnostics, filter);
  return { read, [Symbol.dispose]: () => diagnostics[Symbol.dispose]() };
}

function journalReader(journal: JournalStore, { jobId, runId, workerSessionId }: LogFilter): LogSource["read"] {
  const given = jobId === undefined ? {} : { jobId: wholeJobId(jobId, journal) };
  const query = { ...given, ...defined({ runId, workerSessionId }) };
  return ({ limit, afterSeq }) =>
    journal
      .query({ ...query, ...defined({ limit, afterSeq }), order: "descending" })
      .toReversed()
      .map((row) => ({
        seq: row.seq,
        text: (colors) => journalLine(row, colors),
        json: () => jsonLine(row),
      }));
}

function chunkReader(diagnostics: DiagnosticsStore, { workerSessionId }: LogFilter): LogSource["read"] {
  return ({ limit, afterSeq }) =>
    diagnostics
      .queryChunks({ ...defined({ workerSessionId, limit, afterSeq }), order: "descending" })
      .toReversed()
      .map((row) => ({
        seq: row.seq,
        text: (colors) => chunkLine(row, colors),
        json: () => jsonLine(row),
      }));
}

function recordReader(diagnostics: DiagnosticsStore, { jobId, workerSessionId, level }: LogFilter): LogSource["read"] {
  const levels = level === undefined ? [undefined] : LOG_LEVELS.slice(LOG_LEVELS.indexOf(level));
  return ({ limit, afterSeq }) =>
    levels
      .flatMap((one) =>
        diagnostics.queryRecords({ ...defined({ jobId, workerSessionId, level: one, limit, afterSeq }), order: "descending" }),
      )
      .sort((a, b) => a.seq - b.seq)
      .slice(limit === undefined ? 0 : -limit)
      .map((row) => ({ seq: row.seq, text: (colors) => recordLine(row, colors), json: () => jsonLine(row) }));
}

/** The job that a short id of a log line stands for. @throws CjmError CJM_JOB_NOT_FOUND, or CJM_USAGE when it fits several */
function wholeJobId(written: string, journal: JournalStore): string {
  if (journal.query({ jobId: written, limit: 1 }).length > 0) return written;
  const recent = journal.query({ limit: 20_000, order: "descending" });
  const fitting = [
    ...new Set(recent.map((row) => row.jobId).filter((id) => id != null && (id.startsWith(written) || shortId(id) === written))),
  ];
  if (fitting.length === 1 && fitting[0] != null) return fitting[0];
  if (fitting.length > 1) throw new CjmError("CJM_USAGE", `'${written}' fits ${fitting.length} jobs.`, { hint: "Give more of the id." });
  throw new CjmError("CJM_JOB_NOT_FOUND", `The journal knows no job '${written}'.`, {
    hint: "'cjm-ctl logs --journal' shows the last ones.",
  });
}

function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
