import type { Clock } from "@cjm/core";
import { ManualClock } from "@cjm/testing";

/** A clock that goes from one thing that is due to the next. */
export class SimulatedClock extends ManualClock {
  readonly #dueMs = new Map<number, number>();
  #timers = 0;

  override schedule(delayMs: number, fn: () => void): () => void {
    const timer = ++this.#timers;
    this.#dueMs.set(timer, this.monotonicMs() + delayMs);
    const cancel = super.schedule(delayMs, () => {
      this.#dueMs.delete(timer);
      fn();
    });
    return () => {
      this.#dueMs.delete(timer);
      cancel();
    };
  }

  /** Moves to what is due next. @returns false when nothing is */
  toNext(): boolean {
    if (this.#dueMs.size === 0) return false;
    const nextMs = Math.min(...this.#dueMs.values());
    this.advance(Math.max(0, nextMs - this.monotonicMs()));
    return true;
  }
}

/** The same clock for one who uses it: how many of its timers have neither fired nor been taken back. */
export class CountedTimers implements Clock {
  readonly #clock: Clock;
  pending = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  schedule(delayMs: number, fn: () => void): () => void {
    let isOver = false;
    const over = (): void => {
      if (!isOver) this.pending -= 1;
      isOver = true;
    };
    this.pending += 1;
    const cancel = this.#clock.schedule(delayMs, () => {
      over();
      fn();
    });
    return () => {
      over();
      cancel();
    };
  }
}
