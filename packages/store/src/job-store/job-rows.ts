import { CjmError, errorMessage, type JobError, type JobSpec, type JobStatus, type JsonValue, type StoredJob } from "@cjm/core";

/** Of a job that is open. */
export const OPEN_JOB_COLUMNS =
  "seq, job_id, status, interruptions, was_running, priority, started_at, spec, NULL AS ended_at, NULL AS error";
/** What is known of a job except its result, from `JOBS_WITH_ENDINGS`. */
export const JOB_COLUMNS = "seq, job_id, status, interruptions, was_running, priority, started_at, spec, ended_at, error";
export const JOBS_WITH_ENDINGS = "jobs LEFT JOIN endings USING (seq)";

export interface JobRow {
  readonly seq: number;
  readonly job_id: string;
  readonly status: JobStatus;
  readonly interruptions: number;
  readonly was_running: number;
  readonly priority: number;
  /** Negative: it did not start. */
  readonly started_at: number;
  readonly spec: string;
  readonly ended_at: number | null;
  readonly error: string | null;
}

/** @throws CjmError CJM_STORE_FAILED */
export function storedJob(row: JobRow, result: JsonValue = null): StoredJob {
  return {
    spec: parse<JobSpec>(row.spec, row.job_id),
    status: row.status,
    priority: row.priority,
    interruptions: row.interruptions,
    startedAt: row.started_at < 0 ? null : row.started_at,
    endedAt: row.ended_at,
    result,
    error: row.error === null ? null : parse<JobError>(row.error, row.job_id),
  };
}

/**
 * JSON text of what is to be kept.
 * @throws CjmError CJM_STORE_FAILED for what has none, such as a value nested too deep
 */
export function jsonText(value: object | JsonValue, kind: string, id: string): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    throw new CjmError("CJM_STORE_FAILED", `${kind} ${id} cannot be kept, as it has no JSON text: ${errorMessage(error)}.`, {
      hint: "Pass large or deep values as files.",
      cause: error,
      retriable: false,
    });
  }
}

/** Back from the text that `jsonText` made; the rest of the row vouches for its shape. @throws CjmError CJM_STORE_FAILED */
export function parse<T>(text: string, of: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new CjmError("CJM_STORE_FAILED", `What the job store has of ${of} is damaged: ${errorMessage(error)}.`, {
      hint: "Restore jobs.db from a copy, or move it aside; a new one is made at the next start.",
      cause: error,
    });
  }
}
