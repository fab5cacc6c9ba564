import type { Clock, JsonValue } from "@cjm/core";
import type { EventStream } from "../events/event-stream.ts";
import { type WaitOptions, waitFor } from "../internal/wait-for.ts";
import type { Job } from "./job.ts";
import { failureOf } from "./job-lifecycle.ts";
import { type JobView, viewOf } from "./job-view.ts";

interface HandleParts {
  readonly clock: Clock;
  readonly cancel: () => boolean;
  readonly events: () => EventStream;
}

/** A job that was accepted. It keeps the result until it is let go, also after the queue forgot the job. */
export class JobHandle {
  readonly jobId: string;
  readonly #job: Job;
  readonly #parts: HandleParts;

  constructor(job: Job, parts: HandleParts) {
    this.jobId = job.jobId;
    this.#job = job;
    this.#parts = parts;
  }

  view(): JobView {
    return viewOf(this.#job);
  }

  /** The job once it ended, whatever its end. @throws CjmError CJM_DEADLINE_EXCEEDED, or the signal's reason; the job goes on */
  async wait(options: WaitOptions = {}): Promise<JobView> {
    await waitFor(this.#job.ended, `Job ${this.jobId}`, this.#parts.clock, options);
    return this.view();
  }

  /** Its result. @throws CjmError of the job when it did not complete */
  async result(options: WaitOptions = {}): Promise<JsonValue> {
    const job = await this.wait(options);
    if (job.status !== "completed") throw failureOf(this.#job);
    return job.result;
  }

  /** @returns false when it is over already; else it ends soon, as cancelled unless it ended by itself before */
  cancel(): boolean {
    return this.#parts.cancel();
  }

  /** Events of this job from now to its end. */
  events(): EventStream {
    return this.#parts.events();
  }
}
