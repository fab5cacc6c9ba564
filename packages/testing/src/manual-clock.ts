import type { Clock } from "@cjm/core";

/** A clock that stands still until it is told to move. */
export class ManualClock implements Clock {
  #nowMs: number;
  #monotonicMs = 0;
  #timers: { readonly dueMs: number; readonly fn: () => void }[] = [];

  /** @param startMs Unix milliseconds. @default 2026-01-01T00:00:00Z */
  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  schedule(delayMs: number, fn: () => void): () => void {
    const timer = { dueMs: this.#monotonicMs + delayMs, fn };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Moves time forward and calls what falls due, in order of its due time. */
  advance(byMs: number): void {
    const targetMs = this.#monotonicMs + byMs;
    for (;;) {
      const next = this.#timers.filter(({ dueMs }) => dueMs <= targetMs).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.#move(Math.max(0, next.dueMs - this.#monotonicMs));
      next.fn();
    }
    this.#move(targetMs - this.#monotonicMs);
  }

  /** Sets the wall clock, as an operator or a time server would; monotonic time and timers do not notice. */
  jumpTo(unixMs: number): void {
    this.#nowMs = unixMs;
  }

  #move(byMs: number): void {
    this.#monotonicMs += byMs;
    this.#nowMs += byMs;
  }
}
