import {
  CjmError,
  type Clock,
  errorMessage,
  type JobError,
  type JobStore,
  type JournalSubject,
  jobErrorFrom,
  type TerminalJobStatus,
} from "@cjm/core";
import type { EventPublisher } from "../events/event-publisher.ts";
import type { HookChain } from "../hooks.ts";
import type { TaskGroup } from "../internal/task-group.ts";
import type { Job, JobEnd } from "./job.ts";
import { jobSnapshot } from "./job-snapshot.ts";
import type { JobTable } from "./job-table.ts";
import { type JobView, viewOf } from "./job-view.ts";

interface LifecycleParts {
  readonly store: JobStore;
  readonly table: JobTable;
  readonly publisher: EventPublisher;
  readonly hooks: HookChain;
  readonly clock: Clock;
  readonly tasks: TaskGroup;
  /** Called whenever the last row of a job is on disk, or turned out not to be writable. */
  readonly onAnnounced: (job: Job) => void;
  readonly report: (error: unknown) => void;
}

/** The only place where a job changes its status: the row is written, then everyone who waits hears of it. */
export class JobLifecycle {
  readonly #parts: LifecycleParts;
  readonly #totals = { completed: 0, failed: 0, cancelled: 0 };
  readonly #listeners: ((job: Job, end: JobEnd) => void)[] = [];

  constructor(parts: LifecycleParts) {
    this.#parts = parts;
  }

  /** Jobs that ended since the queue was made. */
  get totals(): Readonly<Record<TerminalJobStatus, number>> {
    return { ...this.#totals };
  }

  /** Calls `listener` with every job at the moment it becomes terminal. */
  onEnded(listener: (job: Job, end: JobEnd) => void): void {
    this.#listeners.push(listener);
  }

  begin(job: Job): void {
    job.cancelStartTimer();
    const from = job.moveTo("running");
    job.startedAt = this.#parts.clock.now();
    this.#parts.publisher.emit("state_transition", subjectOf(job), { from, to: "running" });
  }

  /** Ends a job once; a second end is ignored. Resolves when the job is terminal, not yet when its row is on disk. */
  async end(job: Job, end: JobEnd): Promise<void> {
    if (job.ending) return;
    job.ending = true;
    job.cancelStartTimer();
    job.onAttempted?.(end);
    const { clock, publisher, table, tasks, hooks } = this.#parts;
    const final = (await this.#settle(job, end)) ? end : LEASE_LOST;
    job.endedAt = clock.now();
    const from = job.moveTo(final.status);
    if (final.status === "completed") {
      job.result = final.result;
      job.progress = 1;
    } else {
      job.failure = final.failure;
      job.error = errorOf(job, final, job.endedAt);
    }
    this.#totals[final.status] += 1;
    publisher.emit("state_transition", subjectOf(job), { from, job_snapshot: jobSnapshot(job), to: final.status });
    table.retire(job);
    const view = hooks.isEmpty ? null : viewOf(job);
    for (const listener of this.#listeners) listener(job, final);
    tasks.add(this.#announce(job, view, final));
  }

  async #settle(job: Job, end: JobEnd): Promise<boolean> {
    const { store, clock, report } = this.#parts;
    const isStored = await job.accepted.then(
      () => true,
      () => false,
    );
    if (!isStored) return true;
    try {
      return await store.settle(
        {
          jobId: job.jobId,
          lease: job.lease,
          status: end.status,
          result: end.status === "completed" ? end.result : null,
          error: errorOf(job, end, clock.now()),
        },
        [],
      );
    } catch (error) {
      // The work is done; that it could not be noted must not undo it for whoever waits here.
      report(error);
      return true;
    }
  }

  async #announce(job: Job, view: JobView | null, end: JobEnd): Promise<void> {
    const { publisher, hooks, onAnnounced } = this.#parts;
    await publisher.committed();
    if (view !== null) await hooks.onTerminal(view);
    job.output?.end(end.status === "completed" ? null : end.failure);
    job.announce();
    onAnnounced(job);
  }
}

const LEASE_LOST: JobEnd = {
  status: "failed",
  failure: new CjmError("CJM_QUEUE_STOPPED", "The job ran out of its lease and belongs to another host now; this result is not taken."),
};

function errorOf(job: Job, end: JobEnd, occurredAt: number): JobError | null {
  return end.status === "failed" ? jobErrorFrom(end.failure, { instanceId: job.spec.instanceId, occurredAt }) : null;
}

/** The columns that rows about a job fill, as the original's queue fills them. */
export function subjectOf(job: Job): JournalSubject {
  const { jobId, instanceId, compositionId, nodeId, runId, actor } = job.spec;
  return { jobId, instanceId, compositionId, nodeId, runId, actor };
}

export function jobUnknown(jobId: string): CjmError {
  return new CjmError("CJM_JOB_NOT_FOUND", `No job of id ${jobId} is known.`, {
    hint: "Only jobs of this process are, and of those that ended the last ones; a handle keeps its own, 'find' and the journal have them all.",
    details: { jobId },
  });
}

export function jobCancelled(job: Job): CjmError {
  return new CjmError("CJM_CANCELLED", `Job ${job.jobId} was cancelled.`, { details: { jobId: job.jobId } });
}

export function startedTooLate(job: Job): CjmError {
  const { jobId, startTimeoutMs } = job.spec;
  const why = job.blockReason === null ? "" : ` It last was ${job.blockReason}.`;
  return new CjmError("CJM_DEADLINE_EXCEEDED", `Job ${jobId} did not start within ${startTimeoutMs} ms.${why}`, {
    hint: "Give it a longer startTimeoutMs, or a higher priority.",
    details: { jobId, startTimeoutMs },
  });
}

export function jobInterrupted(job: Job): CjmError {
  const { jobId, onInterruption } = job.spec;
  const why = onInterruption === "fail" ? "it is not to be run again" : `that was the ${job.interruptions}. time`;
  return new CjmError("CJM_JOB_INTERRUPTED", `The host died while job ${jobId} ran, and ${why}.`, {
    retriable: onInterruption === "fail",
    hint: "Submit it again when you know that it does no harm.",
    details: { jobId, interruptions: job.interruptions },
  });
}

export function queueStopped(job: Job): CjmError {
  return new CjmError("CJM_QUEUE_STOPPED", `The queue was stopped before job ${job.jobId} ended.`, { details: { jobId: job.jobId } });
}

export function leftToNextHost(what: string): CjmError {
  return new CjmError("CJM_QUEUE_STOPPED", `The host was stopped; ${what} goes on with the next one.`, {
    hint: "Start a host on the same data directory that loads the same capabilities, or 'cjm-ctl resume'.",
  });
}

/** The error that `run()` throws for a job that did not complete. */
export function failureOf(job: Job): unknown {
  if (job.failure instanceof Error) return job.failure;
  return new CjmError("CJM_CALL_FAILED", errorMessage(job.failure), job.error === null ? {} : { jobError: job.error });
}
