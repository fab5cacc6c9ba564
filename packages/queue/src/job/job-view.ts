import type { CallTarget, JobError, JobStatus, JsonValue, StoredJob } from "@cjm/core";
import type { Job, JobCancellation } from "./job.ts";

/** What a job was at the moment of asking. Times are Unix milliseconds. */
export interface JobView {
  readonly jobId: string;
  readonly instanceId: string;
  readonly status: JobStatus;
  readonly priority: number;
  readonly target: CallTarget;
  readonly runId: string | null;
  readonly actor: string | null;
  readonly compositionId: string | null;
  readonly nodeId: string | null;
  readonly submittedAt: number;
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** 0 to 1, or -1 for work of unknown length. */
  readonly progress: number;
  readonly statusMessage: string;
  /** Why it waits, when resources hold it up. */
  readonly blockReason: string | null;
  readonly retryCount: number;
  readonly cancellation: JobCancellation | null;
  /** Null until it completed; members of a composition leave their result with the composition. */
  readonly result: JsonValue;
  readonly error: JobError | null;
}

export function viewOf(job: Job): JobView {
  const { jobId, instanceId, target, runId, actor, compositionId, nodeId, submittedAt } = job.spec;
  const { status, priority, startedAt, endedAt, progress, statusMessage, blockReason, retryCount, cancellation, result, error } = job;
  return {
    jobId,
    instanceId,
    status,
    priority,
    target,
    runId,
    actor,
    compositionId,
    nodeId,
    submittedAt,
    startedAt,
    endedAt,
    progress,
    statusMessage,
    blockReason,
    retryCount,
    cancellation,
    result,
    error,
  };
}

/** The same of a job that only the store knows any more. */
export function viewOfStored({ spec, status, priority, startedAt, endedAt, result, error }: StoredJob): JobView {
  const { jobId, instanceId, target, runId, actor, compositionId, nodeId, submittedAt } = spec;
  return {
    jobId,
    instanceId,
    status,
    priority,
    target,
    runId,
    actor,
    compositionId,
    nodeId,
    submittedAt,
    startedAt,
    endedAt,
    progress: status === "completed" ? 1 : 0,
    statusMessage: "",
    blockReason: null,
    retryCount: 0,
    cancellation: null,
    result,
    error,
  };
}
