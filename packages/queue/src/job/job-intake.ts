import type { Clock, JobSpec, JobStore, LedgerRow } from "@cjm/core";
import type { HookChain } from "../hooks.ts";
import type { PendingJobs } from "../pending-jobs.ts";
import type { Job } from "./job.ts";
import { recallJob } from "./recall-job.ts";

interface IntakeParts {
  readonly store: JobStore;
  readonly hooks: HookChain;
  readonly pending: PendingJobs;
  readonly clock: Clock;
  /** Takes it through the extensions around its execution, which let it wait in line themselves; null: there are none. */
  readonly around: ((job: Job) => void) | null;
  readonly onPending: () => void;
  /** It turned out to be one that the store knows, and is over. */
  readonly onRecalled: (job: Job) => void;
  /** The time that a job may wait is over. */
  readonly onLate: (job: Job) => void;
}

interface Batch {
  readonly jobs: JobSpec[];
  readonly rows: LedgerRow[];
  readonly stored: Promise<void>;
}

/** Takes jobs in: extensions are asked, the store has it, then it waits. Jobs that come together are stored together. */
export class JobIntake {
  readonly #parts: IntakeParts;
  #batch: Batch | null = null;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when the job is stored and waits, or is over because the store knows it.
   * @param mayBeKnown its caller chose the id
   * @throws what an extension refuses it with, or CjmError CJM_STORE_FAILED, CJM_JOB_ELSEWHERE
   */
  async accept(job: Job, mayBeKnown: boolean): Promise<void> {
    if (mayBeKnown && (await recallJob(job, this.#parts.store))) {
      this.#parts.onRecalled(job);
      return;
    }
    const rows = await this.#parts.hooks.onSubmit(job.spec);
    this.#batch ??= this.#open();
    const batch = this.#batch;
    batch.jobs.push(job.spec);
    batch.rows.push(...rows);
    try {
      await batch.stored;
    } catch (error) {
      if (batch.jobs.length === 1) throw error;
      // One that cannot be stored must not keep the others out that came in the same turn.
      await this.#parts.store.submit({ jobs: [job.spec], rows });
    }
    this.wait(job);
  }

  /** Lets a job that is stored wait for its turn, for as long as it may. */
  wait(job: Job): void {
    const { clock, around, onLate } = this.#parts;
    if (!job.isWaiting) return;
    const { startTimeoutMs, submittedAt } = job.spec;
    if (startTimeoutMs !== null) {
      const leftMs = Math.max(0, submittedAt + startTimeoutMs - clock.now());
      job.cancelStartTimer = clock.schedule(leftMs, () => {
        if (job.isWaiting) onLate(job);
      });
    }
    if (around === null) this.line(job);
    else around(job);
  }

  /** Its turn comes when there is room for it. */
  line(job: Job): void {
    this.#parts.pending.push(job);
    this.#parts.onPending();
  }

  #open(): Batch {
    const jobs: JobSpec[] = [];
    const rows: LedgerRow[] = [];
    const stored = Promise.resolve().then(async () => {
      this.#batch = null;
      await this.#parts.store.submit({ jobs, rows });
    });
    return { jobs, rows, stored };
  }
}
