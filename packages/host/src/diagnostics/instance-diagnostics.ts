import type { DiagnosticsStore, JournalStore, LogLevel } from "@cjm/core";

/** One thing that a worker said. */
export interface DiagnosticsEntry {
  /** Unix milliseconds. */
  readonly occurredAt: number;
  readonly workerSessionId: string | null;
  readonly kind: "record" | "output";
  /** Null for raw output. */
  readonly level: LogLevel | null;
  readonly jobId: string | null;
  readonly text: string;
}

export interface DiagnosticsOptions {
  /** Newest entries that are wanted. @default 50 */
  readonly limit?: number;
  /** Raw output of the workers too, beside their log records. @default true */
  readonly includeOutput?: boolean;
}

const SESSIONS = 20;

interface DiagnosticsSources {
  /** Workers of this host. */
  readonly sessions: readonly string[];
  /** Where workers of earlier hosts stand; null: nowhere. */
  readonly history: JournalStore | null;
  readonly diagnostics: DiagnosticsStore;
}

/** What the latest workers of one instance logged and printed, oldest first. */
export function instanceDiagnostics(
  instanceId: string,
  { sessions: own, history, diagnostics }: DiagnosticsSources,
  { limit = 50, includeOutput = true }: DiagnosticsOptions = {},
): readonly DiagnosticsEntry[] {
  const spawns = history?.query({ instanceId, eventType: "worker_spawned", order: "descending", limit: SESSIONS }) ?? [];
  const sessions = [...new Set([...own, ...spawns.flatMap(({ workerSessionId }) => workerSessionId ?? [])])];
  const entries = sessions.flatMap((workerSessionId): DiagnosticsEntry[] => {
    const query = { workerSessionId, limit, order: "descending" } as const;
    const records = diagnostics.queryRecords(query).map(({ occurredAt, level, jobId, loggerName, message, excText }): DiagnosticsEntry => {
      const text = `${loggerName}: ${message}${excText === null ? "" : `\n${excText}`}`;
      return { occurredAt, workerSessionId, kind: "record", level, jobId, text };
    });
    if (!includeOutput) return records;
    const output = diagnostics.queryChunks(query).map(
      ({ occurredAt, content }): DiagnosticsEntry => ({
        occurredAt,
        workerSessionId,
        kind: "output",
        level: null,
        jobId: null,
        text: content,
      }),
    );
    return [...records, ...output];
  });
  return entries.sort((a, b) => a.occurredAt - b.occurredAt).slice(-limit);
}
