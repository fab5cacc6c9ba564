import type { Clock } from "@cjm/core";
import { RecentMap } from "../internal/recent-map.ts";
import { peakMemoryMb, resetPeakMemory } from "../workers/peak-memory.ts";

/** The kernel's count of the highest resident memory of a process. */
export interface PeakCounter {
  /** False: it cannot count this process. */
  readonly reset: (pid: number) => boolean;
  /** Since the reset, MiB; null: the process is gone. */
  readonly peakMb: (pid: number) => number | null;
}

interface Count {
  readonly sinceMs: number;
  /** When the kernel was asked last. */
  readAtMs: number;
  peakMb: number;
  /** Only short calls were counted: the next one may go on with it. */
  isShared: boolean;
  /** A call ended since the kernel was asked. */
  isUnread: boolean;
}

/** Short calls of one worker share a count for so long, and one look at it. */
const SHARED_MS = 100;
/** In a shorter call no worker gets at much memory. */
const SHORT_MS = 10;
const MOST_WORKERS = 256;

/**
 * The highest resident memory of a worker during a call that has it to itself. To reset and read the kernel's count takes as long
 * as a tenth of a no-op, so short calls that follow each other share both: what one of them took then counts for its neighbours
 * too, and what nobody has read yet for the next. A longer call has its own count.
 */
export class PeakMeter {
  readonly #clock: Clock;
  readonly #counter: PeakCounter;
  readonly #counts = new RecentMap<number, Count>(MOST_WORKERS);

  constructor(clock: Clock, counter: PeakCounter = { reset: resetPeakMemory, peakMb: peakMemoryMb }) {
    this.#clock = clock;
    this.#counter = counter;
  }

  /** A call begins. False: its peak cannot be counted. */
  begin(pid: number): boolean {
    const known = this.#counts.get(pid);
    const nowMs = this.#clock.monotonicMs();
    if (known?.isShared === true && nowMs - known.sinceMs < SHARED_MS) return true;
    const unreadMb = known?.isUnread === true ? (this.#counter.peakMb(pid) ?? 0) : 0;
    this.#counts.delete(pid);
    if (!this.#counter.reset(pid)) return false;
    this.#counts.set(pid, { sinceMs: nowMs, readAtMs: Number.NEGATIVE_INFINITY, peakMb: unreadMb, isShared: true, isUnread: false });
    return true;
  }

  /** A call that began so long ago ends. @returns its peak, MiB; null when it was not counted */
  end(pid: number, durationMs: number): number | null {
    const count = this.#counts.get(pid);
    if (count === undefined) return null;
    const nowMs = this.#clock.monotonicMs();
    if (durationMs < SHORT_MS && nowMs - count.readAtMs < SHARED_MS) {
      count.isUnread = true;
      return count.peakMb;
    }
    if (durationMs >= SHORT_MS) count.isShared = false;
    count.readAtMs = nowMs;
    count.isUnread = false;
    count.peakMb = Math.max(count.peakMb, this.#counter.peakMb(pid) ?? 0);
    return count.peakMb;
  }
}
