import type { JobError, JobLease, JobSettlement, JobSpec, JobStore, JsonValue, StoredComposition } from "@cjm/core";

/** A job as a queue would submit it. @default on instance `i`, without a composition */
export function sampleJob(jobId: string, fields: Partial<JobSpec> = {}): JobSpec {
  return {
    jobId: jobId as JobSpec["jobId"],
    instanceId: "i",
    target: { channel: "execute", args: [1, "größe"], kwargs: { action: "resize", nested: { list: [null, true, 0.5] } } },
    priority: 0,
    runId: null,
    actor: null,
    compositionId: null,
    nodeId: null,
    control: null,
    startTimeoutMs: null,
    timeoutMs: null,
    retry: null,
    onInterruption: "rerun",
    submittedAt: Date.UTC(2026, 0, 1),
    ...fields,
  };
}

/** A composition that has just been submitted. @default one that needs instance `i` */
export function sampleComposition(compositionId: string, fields: Partial<StoredComposition> = {}): StoredComposition {
  return {
    compositionId,
    document: { name: "sample", nodes: [{ id: "a", capability: "c" }] },
    inputs: { count: 3 },
    instanceIds: ["i"],
    runId: "run_1",
    actor: "app:me",
    runDir: null,
    status: "running",
    cancelRequested: false,
    submittedAt: Date.UTC(2026, 0, 1),
    endedAt: null,
    ...fields,
  };
}

const ERROR: JobError = {
  category: "transient",
  message: "no luck",
  retriable: true,
  original_exc_repr: "NoLuck('no luck')",
  traceback: null,
  retry_after_seconds: 1.5,
  fields_invalid: null,
  resource_shortfall: null,
  capability_name: "c",
  capability_instance_id: "i",
  occurred_at: "2026-01-01T00:00:00.000000+00:00",
};

export function completed(jobId: string, lease: JobLease | null, result: JsonValue = null): JobSettlement {
  return { jobId, lease, status: "completed", result, error: null };
}

export function failed(jobId: string, lease: JobLease | null): JobSettlement {
  return { jobId, lease, status: "failed", result: null, error: ERROR };
}

/** The lease of a job that can be claimed. @throws Error when it cannot */
export async function claimed(store: JobStore, jobId: string): Promise<JobLease> {
  const [lease] = await store.claim([jobId]);
  if (lease === undefined) throw new Error(`job ${jobId} could not be claimed`);
  return lease;
}

export function jobIdsOf(jobs: readonly { readonly spec: JobSpec }[]): readonly string[] {
  return jobs.map(({ spec }) => spec.jobId);
}
