import { formatTimestamp, type JsonObject } from "@cjm/core";
import type { Job } from "./job.ts";

/**
 * The `job_snapshot` of a terminal row, keys and forms as the original's readers expect them: never arguments or results,
 * and the instant inside `error` with a space instead of `T`.
 */
export function jobSnapshot(job: Pick<Job, "spec" | "status" | "priority" | "startedAt" | "endedAt" | "retryCount" | "error">): JsonObject {
  const { spec } = job;
  return {
    id: spec.jobId,
    capability_instance_id: spec.instanceId,
    status: job.status,
    priority: job.priority,
    submitted_at: formatTimestamp(spec.submittedAt),
    started_at: job.startedAt === null ? null : formatTimestamp(job.startedAt),
    completed_at: job.endedAt === null ? null : formatTimestamp(job.endedAt),
    retry_count: job.retryCount,
    composition_id: spec.compositionId,
    node_id: spec.nodeId,
    task_name: spec.target.channel === "task" ? spec.target.task : null,
    method: spec.target.channel === "task" ? spec.target.method : null,
    run_id: spec.runId,
    actor: spec.actor,
    error: job.error === null ? null : { ...job.error, occurred_at: job.error.occurred_at?.replace("T", " ") ?? null },
  };
}
