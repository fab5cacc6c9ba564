import { CjmError, errorMessage, formatTimestamp } from "@cjm/core";
import { runInThread } from "./run-in-thread.ts";
import { openDiagnosticsFile } from "./sqlite-diagnostics.ts";

/** How much of what workers said is kept. */
export interface RetentionPolicy {
  /** Older rows go; 0 or less: no limit. */
  readonly maxAgeDays: number;
  /** While the rows take more, the oldest go, MiB; null: no limit. */
  readonly maxTotalMb: number | null;
}

export interface RetentionReport {
  readonly recordsDeleted: number;
  readonly chunksDeleted: number;
}

export interface RetentionTask {
  readonly path: string;
  readonly policy: RetentionPolicy;
  /** Unix milliseconds. */
  readonly nowMs: number;
}

const DAY_MS = 24 * 3600 * 1000;
/** Rows of one transaction of the sweep by age: writers of other processes wait no longer than that takes. */
const ROWS_BY_AGE = 2000;
/** Rows of each table in one round of the sweep by size; the original's number. */
const ROWS_BY_SIZE = 500;
const ENTRY = { source: new URL("./retention-thread.ts", import.meta.url), built: new URL("./retention-thread.js", import.meta.url) };
const TABLES = ["records", "stream_chunks"] as const;

/**
 * Deletes what the policy does not keep from a diagnostics file: first by age, then by size. Freed pages are used again; the
 * file does not shrink. Takes as long as there is to delete, so a host has it done by `retainInBackground`.
 * @throws CjmError CJM_STORE_FAILED
 */
export function applyRetention({ path, policy, nowMs }: RetentionTask): RetentionReport {
  using file = openDiagnosticsFile(path);
  const deleted = { records: 0, stream_chunks: 0 };
  const deleteFrom = (table: (typeof TABLES)[number], which: string, ...values: (string | number)[]): number => {
    const sql = `DELETE FROM ${table} WHERE seq IN (SELECT seq FROM ${table} ${which})`;
    const rows = file.write(() => file.prepare(sql).run(...values).changes);
    deleted[table] += rows;
    return rows;
  };
  if (policy.maxAgeDays > 0) {
    const oldest = formatTimestamp(nowMs - policy.maxAgeDays * DAY_MS);
    for (const table of TABLES) while (deleteFrom(table, "WHERE ts < ? LIMIT ?", oldest, ROWS_BY_AGE) > 0);
  }
  if (policy.maxTotalMb !== null) {
    const budget = policy.maxTotalMb * 1024 * 1024;
    while (file.usedBytes() > budget) {
      const rows = TABLES.map((table) => deleteFrom(table, "ORDER BY seq LIMIT ?", ROWS_BY_SIZE));
      if (rows.every((count) => count === 0)) break;
    }
  }
  return { recordsDeleted: deleted.records, chunksDeleted: deleted.stream_chunks };
}

/** The same on a thread of its own, which keeps no process alive. @throws CjmError CJM_STORE_FAILED */
export async function retainInBackground(task: RetentionTask): Promise<RetentionReport> {
  try {
    return await runInThread<RetentionReport>(ENTRY, task);
  } catch (error) {
    throw new CjmError("CJM_STORE_FAILED", `The diagnostics database ${task.path} could not be swept: ${errorMessage(error)}.`, {
      cause: error,
    });
  }
}
