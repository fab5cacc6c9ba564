import { formatTimestamp, type JsonObject } from "@cjm/core";
import type { Job } from "./job.ts";

/**
 * The `job_snapshot` of a terminal row, keys and forms as the original's readers expect them: never arguments or results,
 * and the instant inside `error` with a space instead of `T`.
 */
export function jobSnapshot(job: Pick<Job, "spec" | "status" | "priority" | "startedAt" | "endedAt" | "retryCount" | "error">): JsonObject {
  const { spec } = job;
  // In the order in which stores write keys, which then need not be sorted for each job.
  return {
    actor: spec.actor,
    capability_instance_id: spec.instanceId,
    completed_at: job.endedAt === null ? null : formatTimestamp(job.endedAt),
    composition_id: spec.compositionId,
    error: job.error === null ? null : { ...job.error, occurred_at: job.error.occurred_at?.replace("T", " ") ?? null },
    id: spec.jobId,
    method: spec.target.channel === "task" ? spec.target.method : null,
    node_id: spec.nodeId,
    priority: job.priority,
    retry_count: job.retryCount,
    run_id: spec.runId,
    started_at: job.startedAt === null ? null : formatTimestamp(job.startedAt),
    status: job.status,
    submitted_at: formatTimestamp(spec.submittedAt),
    task_name: spec.target.channel === "task" ? spec.target.task : null,
  };
}
