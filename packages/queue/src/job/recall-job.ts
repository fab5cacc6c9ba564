import { CjmError, errorFromJobError, isTerminal, type JobStore, type StoredJob } from "@cjm/core";
import type { Job } from "./job.ts";
import { jobCancelled } from "./job-lifecycle.ts";
import { outputTaken } from "./job-request.ts";

/**
 * Looks whether a job with an id that its caller chose is known to the store: it ended in an earlier process, under another host,
 * or longer ago than this queue remembers. It is that job then, with its end.
 * @returns false when it is new
 * @throws CjmError CJM_JOB_ELSEWHERE while it is not over and another host's, CJM_INPUT_INVALID for a stream, CJM_STORE_FAILED
 */
export async function recallJob(job: Job, store: JobStore): Promise<boolean> {
  const stored = await store.find(job.jobId);
  // One that was cancelled meanwhile is ended as if it were new.
  if (stored === null || job.ending) return false;
  if (job.output !== null) throw outputTaken(job.jobId);
  if (!isTerminal(stored.status)) throw jobElsewhere(stored);
  takeEnd(job, stored);
  return true;
}

function takeEnd(job: Job, { spec, status, startedAt, endedAt, interruptions, result, error }: StoredJob): void {
  job.spec = spec;
  job.status = status;
  job.startedAt = startedAt;
  job.endedAt = endedAt;
  job.interruptions = interruptions;
  job.result = result;
  job.error = error;
  if (status === "cancelled") job.failure = jobCancelled(job);
  else if (error !== null) job.failure = errorFromJobError(error, { capabilityName: spec.instanceId });
  job.ending = true;
  job.announce();
}

function jobElsewhere({ spec: { jobId }, status }: StoredJob): CjmError {
  return new CjmError("CJM_JOB_ELSEWHERE", `Job ${jobId} is ${status} under another host.`, {
    hint: "'cjm-ctl ps' shows which one. Submitted again once it is over, it gives its end.",
    details: { jobId },
  });
}
