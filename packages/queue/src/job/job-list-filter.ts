import type { JobStatus } from "@cjm/core";
import type { Job } from "./job.ts";

export interface JobListFilter {
  readonly status?: JobStatus;
  readonly instanceId?: string;
  readonly compositionId?: string;
  readonly runId?: string;
}

export function isListed({ status, spec }: Pick<Job, "status" | "spec">, filter: JobListFilter): boolean {
  return (
    (filter.status === undefined || filter.status === status) &&
    (filter.instanceId === undefined || filter.instanceId === spec.instanceId) &&
    (filter.compositionId === undefined || filter.compositionId === spec.compositionId) &&
    (filter.runId === undefined || filter.runId === spec.runId)
  );
}
