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
    const attempt: { begun: Promise<JobEnd> | null; end: JobEnd | null } = { begun: null, end: null };
    let end: JobEnd;
    try {
      const result = await hooks.aroundExecute(
        () => viewOf(job),
        async () => {
          // A job has one turn: whoever asks again hears how that one ended.
          attempt.begun ??= this.#attempt(job);
          attempt.end = await attempt.begun;
          if (attempt.end.status === "completed") return attempt.end.result;
          throw attempt.end.failure;
        },
      );
      end = { status: "completed", result: result ?? null };
    } catch (error) {
      end = { status: "failed", failure: error };
    }
    if (attempt.end === null && (await this.#endSpared(job, end))) return;
    if (attempt.begun === null) return;
    // An extension may have given up on a call that runs: the job is over when its call is.
    const attempted = await attempt.begun;
    await lifecycle.end(job, end.status === "failed" && attempted.status === "cancelled" ? attempted : end);
  }

  async #attempt(job: Job): Promise<JobEnd> {
    if (job.ending) return { status: "cancelled", failure: jobCancelled(job) };
    const { promise, resolve } = Promise.withResolvers<JobEnd>();
    job.onAttempted = resolve;
    this.#parts.wait(job);
    return await promise;
  }

  /** An extension answered, or refused, in place of the capability. False: the job runs, or was ended meanwhile. */
  async #endSpared(job: Job, end: JobEnd): Promise<boolean> {
    const { store, lifecycle } = this.#parts;
    if (!job.isWaiting) return false;
    job.chosen = true;
    try {
      const [lease] = await store.claim([job.jobId]);
      if (lease === undefined) throw new CjmError("CJM_QUEUE_STOPPED", `Job ${job.jobId} was taken by another host.`);
      job.lease = lease;
      lifecycle.begin(job);
      const value: JsonValue | null = end.status === "completed" ? end.result : null;
      if (value !== null) await job.output?.push(value, new AbortController().signal);
      await lifecycle.end(job, end);
    } catch (error) {
      // It is chosen, so nobody else would end it.
      await lifecycle.end(job, { status: "failed", failure: error });
    }
    return true;
  }
}
