import type { HookChain } from "../hooks.ts";
import type { PendingJobs } from "../pending-jobs.ts";
import type { Job } from "./job.ts";
import type { JobSpec } from "./job-request.ts";
import type { JobStore, LedgerRow } from "./job-store.ts";

interface IntakeParts {
  readonly store: JobStore;
  readonly hooks: HookChain;
  readonly pending: PendingJobs;
  readonly onPending: () => void;
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

  /** Resolves when the job is stored and waits. @throws what an extension refuses it with, or CjmError CJM_STORE_FAILED */
  async accept(job: Job): Promise<void> {
    const { hooks, pending, onPending } = this.#parts;
    const rows = await hooks.onSubmit(job.spec);
    this.#batch ??= this.#open();
    this.#batch.jobs.push(job.spec);
    this.#batch.rows.push(...rows);
    await this.#batch.stored;
    if (!job.isWaiting) return;
    pending.push(job);
    onPending();
  }

  #open(): Batch {
    const jobs: JobSpec[] = [];
    const rows: LedgerRow[] = [];
    const stored = Promise.resolve().then(async () => {
      this.#batch = null;
      await this.#parts.store.submit(jobs, rows);
    });
    return { jobs, rows, stored };
  }
}
