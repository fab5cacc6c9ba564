import { CjmError, type JobError, JobErrorSchema, type JournalStore, parseTimestamp, type TerminalJobStatus } from "@cjm/core";
import * as z from "zod";

/** A job that ended, as the journal tells it. Times are Unix milliseconds; arguments and results are never journaled. */
export interface HistoricJob {
  readonly jobId: string;
  readonly instanceId: string;
  readonly status: TerminalJobStatus;
  readonly priority: number;
  readonly submittedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly retryCount: number;
  readonly compositionId: string | null;
  readonly nodeId: string | null;
  readonly task: string | null;
  readonly method: string | null;
  readonly runId: string | null;
  readonly actor: string | null;
  readonly error: JobError | null;
}

const optionalText = z.string().nullish().catch(null);

/** Whatever an earlier version, or the original, left out or spoilt has a harmless value. */
const SnapshotSchema = z.looseObject({
  id: z.string(),
  capability_instance_id: z.string().catch(""),
  status: z.enum(["completed", "failed", "cancelled"]).catch("completed"),
  priority: z.number().catch(0),
  submitted_at: optionalText,
  started_at: optionalText,
  completed_at: optionalText,
  retry_count: z.number().catch(0),
  composition_id: optionalText,
  node_id: optionalText,
  task_name: optionalText,
  method: optionalText,
  run_id: optionalText,
  actor: optionalText,
  error: z.unknown().optional(),
});

/** @throws CjmError CJM_CONFIG_INVALID */
export function readable(history: JournalStore | null): JournalStore {
  if (history !== null) return history;
  throw new CjmError("CJM_CONFIG_INVALID", "This queue was given no journal that it can read.", {
    hint: "Pass the journal's store as the option 'history'.",
  });
}

const PAGE = 500;

/** The jobs that ended last, newest first, also those of earlier processes. */
export function jobsFromJournal(history: JournalStore, limit: number): readonly HistoricJob[] {
  const jobs: HistoricJob[] = [];
  // By row and not by time: clocks are set back, and many rows may be of one instant.
  let beforeSeq = Number.MAX_SAFE_INTEGER;
  while (jobs.length < limit) {
    const query = { eventType: "state_transition", order: "descending", limit: PAGE, beforeSeq } as const;
    const rows = history.query(query).filter(({ seq }) => seq < beforeSeq);
    if (rows.length === 0) break;
    for (const { seq, occurredAt, payload } of rows) {
      beforeSeq = seq;
      const job = historicJob(payload["job_snapshot"], occurredAt);
      if (job !== null && jobs.length < limit) jobs.push(job);
    }
  }
  return jobs;
}

function historicJob(snapshot: unknown, occurredAt: number): HistoricJob | null {
  const parsed = SnapshotSchema.safeParse(snapshot);
  if (!parsed.success) return null;
  const { data } = parsed;
  const time = (text: string | null | undefined): number | null => (text == null ? null : parseTimestamp(text));
  const error = JobErrorSchema.safeParse(data.error);
  return {
    jobId: data.id,
    instanceId: data.capability_instance_id,
    status: data.status,
    priority: data.priority,
    submittedAt: time(data.submitted_at) ?? occurredAt,
    startedAt: time(data.started_at),
    endedAt: time(data.completed_at),
    retryCount: data.retry_count,
    compositionId: data.composition_id ?? null,
    nodeId: data.node_id ?? null,
    task: data.task_name ?? null,
    method: data.method ?? null,
    runId: data.run_id ?? null,
    actor: data.actor ?? null,
    error: error.success && data.error != null ? error.data : null,
  };
}
