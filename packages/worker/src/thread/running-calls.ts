import { CallMemory, type ProgressReading } from "./call-memory.ts";

interface CallEntry {
  readonly id: number;
  readonly memory: CallMemory;
  jobId: string | null;
}

/** So many ended calls can still be asked for their last progress. */
const ENDED_LIMIT = 64;
const NO_PROGRESS: ProgressReading = { progress: 0, message: "" };

/** Which calls run, by number and by job, and how far each is. */
export class RunningCalls {
  readonly #running = new Map<number, CallEntry>();
  readonly #ended = new Map<string, CallMemory>();
  #latest: CallMemory | null = null;
  #nextId = 1;

  get size(): number {
    return this.#running.size;
  }

  /** A call that was asked for. */
  add(jobId: string | null): { readonly id: number; readonly memory: CallMemory } {
    const entry: CallEntry = { id: this.#nextId++, memory: new CallMemory(), jobId };
    this.#running.set(entry.id, entry);
    return entry;
  }

  /** It begins, at no progress, so that nobody reads what an earlier one reported. Only now it may be known whose it is. */
  begin(id: number, jobId: string | null): void {
    const entry = this.#running.get(id);
    if (entry === undefined) return;
    entry.jobId = jobId;
    this.#latest = entry.memory;
  }

  end(id: number): void {
    const entry = this.#running.get(id);
    if (entry === undefined) return;
    this.#running.delete(id);
    if (entry.jobId === null) return;
    this.#ended.delete(entry.jobId);
    this.#ended.set(entry.jobId, entry.memory);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > ENDED_LIMIT && oldest !== undefined) this.#ended.delete(oldest);
  }

  /** Sets the flag of one job's calls, or with null of all, and returns their numbers. */
  cancel(jobId: string | null): readonly number[] {
    const hit = [...this.#running.values()].filter((entry) => jobId === null || entry.jobId === jobId);
    for (const entry of hit) entry.memory.cancel();
    return hit.map((entry) => entry.id);
  }

  /** How far a job's call is; with null, the call that began last. */
  progress(jobId: string | null): ProgressReading {
    if (jobId === null) return this.#latest?.readProgress() ?? NO_PROGRESS;
    const running = [...this.#running.values()].findLast((entry) => entry.jobId === jobId);
    return (running?.memory ?? this.#ended.get(jobId))?.readProgress() ?? NO_PROGRESS;
  }
}
