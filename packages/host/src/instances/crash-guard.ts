import { CjmError, type Clock } from "@cjm/core";

const ALLOWED = 5;
const WINDOW_MS = 60_000;

/** Holds back an instance whose worker died too often in a short time, so that one broken capability fails no thousand jobs slowly. */
export class CrashGuard {
  readonly #clock: Clock;
  #deathsMs: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  recordDeath(): void {
    this.#deathsMs.push(this.#clock.monotonicMs());
  }

  recordSuccess(): void {
    this.#deathsMs = [];
  }

  /** @throws CjmError CJM_WORKER_START_FAILED while the instance is held back */
  assertMayStart(instanceId: string): void {
    const now = this.#clock.monotonicMs();
    this.#deathsMs = this.#deathsMs.filter((diedMs) => now - diedMs < WINDOW_MS);
    if (this.#deathsMs.length < ALLOWED) return;
    const waitMs = WINDOW_MS - (now - (this.#deathsMs[0] ?? now));
    throw new CjmError(
      "CJM_WORKER_START_FAILED",
      `${instanceId} is held back: its worker died ${this.#deathsMs.length} times within ${WINDOW_MS / 1000} s.`,
      {
        hint: `See 'cjm-ctl logs --chunks' for what it printed. It may start again in ${Math.ceil(waitMs / 1000)} s.`,
        retriable: true,
        retryAfterMs: waitMs,
      },
    );
  }
}
