import { CjmError, type JobStore, type JsonValue } from "@cjm/core";
import type { HookChain } from "../hooks.ts";
import type { Job, JobEnd } from "../job/job.ts";
import { type JobLifecycle, jobCancelled } from "../job/job-lifecycle.ts";
import { viewOf } from "../job/job-view.ts";

interface AroundParts {
  readonly hooks: HookChain;
  readonly lifecycle: JobLifecycle;
  readonly store: JobStore;
  /** Lets a job wait for its turn; how that ends is told through `job.onAttempted`. */
  readonly wait: (job: Job) => void;
}

/** Takes jobs through the extensions around their execution. Only a job that they let through waits for a lane. */
export class AroundExecution {
  readonly #parts: AroundParts;

  constructor(parts: AroundParts) {
    this.#parts = parts;
  }

  async carry(job: Job): Promise<void> {
    const { hooks, lifecycle } = this.#parts;
    const attempt: { end: JobEnd | null } = { end: null };
    let end: JobEnd;
    try {
      const result = await hooks.aroundExecute(
        () => viewOf(job),
        async () => {
          attempt.end = await this.#attempt(job);
          if (attempt.end.status === "completed") return attempt.end.result;
          throw attempt.end.failure;
        },
      );
      end = { status: "completed", result: result ?? null };
    } catch (error) {
      end = attempt.end?.status === "cancelled" ? attempt.end : { status: "failed", failure: error };
    }
    if (attempt.end === null && !(await this.#beginSpared(job, end))) return;
    await lifecycle.end(job, end);
  }

  async #attempt(job: Job): Promise<JobEnd> {
    if (job.ending) throw jobCancelled(job);
    const { promise, resolve } = Promise.withResolvers<JobEnd>();
    job.onAttempted = resolve;
    this.#parts.wait(job);
    return await promise;
  }

  /** An extension answered, or refused, in place of the capability. False: the job was ended meanwhile. */
  async #beginSpared(job: Job, end: JobEnd): Promise<boolean> {
    const { store, lifecycle } = this.#parts;
    if (!job.isWaiting) return false;
    job.chosen = true;
    const [lease] = await store.claim([job.jobId]);
    if (lease === undefined) throw new CjmError("CJM_QUEUE_STOPPED", `Job ${job.jobId} was taken by another host.`);
    job.lease = lease;
    lifecycle.begin(job);
    const value: JsonValue | null = end.status === "completed" ? end.result : null;
    if (value !== null) await job.output?.push(value, new AbortController().signal);
    return true;
  }
}
