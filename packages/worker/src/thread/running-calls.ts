import { CallMemories, type MemoryPlace, type PlacedMemory } from "./call-memories.ts";
import { NO_PROGRESS, type ProgressReading } from "./call-memory.ts";

interface CallEntry extends PlacedMemory {
  readonly id: number;
  jobId: string | null;
}

/** So many ended calls can still be asked for their last progress. */
const ENDED_LIMIT = 64;

/** Which calls run, by number and by job, and how far each is. */
export class RunningCalls {
  readonly memories = new CallMemories();
  readonly #running = new Map<number, CallEntry>();
  /** Of calls that nobody waits for any more, but that the thread has not let go of. */
  readonly #held = new Map<number, MemoryPlace>();
  readonly #ended = new Map<string, ProgressReading>();
  /** Of the calls that have ended, the one that began last. */
  #latestEnded: { readonly order: number; readonly reading: ProgressReading } = { order: 0, reading: NO_PROGRESS };
  #nextId = 1;

  get size(): number {
    return this.#running.size;
  }

  /** A call that was asked for. */
  add(jobId: string | null): Readonly<CallEntry> {
    const { place, memory } = this.memories.take();
    const entry: CallEntry = { id: this.#nextId++, place, memory, jobId };
    this.#running.set(entry.id, entry);
    return entry;
  }

  /** Whose call it is may be known only when it begins. */
  learn(id: number, jobId: string | null): void {
    const entry = this.#running.get(id);
    if (entry !== undefined) entry.jobId = jobId;
  }

  hasBegun(id: number): boolean {
    return (this.#running.get(id)?.memory.order ?? 0) > 0;
  }

  /** Nobody waits for it any more. */
  end(id: number): void {
    const entry = this.#running.get(id);
    if (entry === undefined) return;
    this.#running.delete(id);
    this.#held.set(id, entry.place);
    const { order } = entry.memory;
    const reading = entry.memory.readProgress();
    if (order > this.#latestEnded.order) this.#latestEnded = { order, reading };
    if (entry.jobId === null) return;
    this.#ended.delete(entry.jobId);
    this.#ended.set(entry.jobId, reading);
    if (this.#ended.size <= ENDED_LIMIT) return;
    const [oldest] = this.#ended.keys();
    if (oldest !== undefined) this.#ended.delete(oldest);
  }

  /** The thread has let go of it: nothing is written or asked in its memory any more. */
  release(id: number): void {
    this.end(id);
    const place = this.#held.get(id);
    if (place !== undefined) this.memories.giveBack(place);
    this.#held.delete(id);
  }

  /** Sets the flag of one job's calls, or with null of all, and returns their numbers. */
  cancel(jobId: string | null): readonly number[] {
    const hit = [...this.#running.values()].filter((entry) => jobId === null || entry.jobId === jobId);
    for (const entry of hit) entry.memory.cancel();
    return hit.map((entry) => entry.id);
  }

  /** How far a job's call is; with null, the call that began last. */
  progress(jobId: string | null): ProgressReading {
    if (jobId === null) return this.#latest();
    const running = [...this.#running.values()].findLast((entry) => entry.jobId === jobId);
    return running?.memory.readProgress() ?? this.#ended.get(jobId) ?? NO_PROGRESS;
  }

  #latest(): ProgressReading {
    let latest: CallEntry | null = null;
    let { order } = this.#latestEnded;
    for (const entry of this.#running.values()) {
      const own = entry.memory.order;
      if (own > order) [latest, order] = [entry, own];
    }
    return latest === null ? this.#latestEnded.reading : latest.memory.readProgress();
  }
}
