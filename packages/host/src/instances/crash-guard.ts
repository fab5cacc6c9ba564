import { CjmError, type Clock } from "@cjm/core";

/** What the next start of a worker has to wait for after so many failures in a row. */
export type CrashVerdict = { readonly kind: "start" } | { readonly kind: "pause"; readonly pauseMs: number } | { readonly kind: "stop" };

/** A worker that served this long before it died was no crash loop. */
const HEALTHY_MS = 60_000;
const FREE_STARTS = 2;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const MOST_FAILURES = 10;

/** Two failures in a row cost nothing, then each doubles the pause, from one second to a minute; the tenth ends it. */
export function crashVerdict(failuresInARow: number): CrashVerdict {
  if (failuresInARow >= MOST_FAILURES) return { kind: "stop" };
  if (failuresInARow <= FREE_STARTS) return { kind: "start" };
  return { kind: "pause", pauseMs: Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failuresInARow - FREE_STARTS - 1)) };
}

/** Why an instance does not start now. */
export interface HeldBack {
  readonly reason: string;
  /** Monotonic milliseconds when it may start again; null: not before it is reloaded. */
  readonly untilMs: number | null;
}

/** Counts the deaths and failed starts of one instance's workers that follow each other, and holds it back accordingly. */
export class CrashGuard {
  readonly #clock: Clock;
  #failures = 0;
  #lastFailureMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param servedMs how long the worker had been ready; zero for a failed start */
  recordDeath(servedMs: number): void {
    this.#failures = servedMs >= HEALTHY_MS ? 1 : this.#failures + 1;
    this.#lastFailureMs = this.#clock.monotonicMs();
  }

  /** A call that worked, or someone who reloads it, ends the row. */
  reset(): void {
    this.#failures = 0;
  }

  /** Null: it may start. */
  heldBack(instanceId: string): HeldBack | null {
    const verdict = crashVerdict(this.#failures);
    if (verdict.kind === "start") return null;
    const died = `its worker died or failed to start ${this.#failures} times in a row`;
    if (verdict.kind === "stop") return { reason: `${instanceId} was stopped: ${died}`, untilMs: null };
    const untilMs = this.#lastFailureMs + verdict.pauseMs;
    if (this.#clock.monotonicMs() >= untilMs) return null;
    return { reason: `${instanceId} is held back for ${verdict.pauseMs / 1000} s: ${died}`, untilMs };
  }

  /** @throws CjmError CJM_WORKER_HELD_BACK, CJM_WORKER_CRASH_LOOP */
  assertMayStart(instanceId: string): void {
    const held = this.heldBack(instanceId);
    if (held === null) return;
    const see = `See 'cjm-ctl logs --chunks' for what it printed`;
    if (held.untilMs === null) {
      throw new CjmError("CJM_WORKER_CRASH_LOOP", `${held.reason}.`, {
        hint: `${see}; mend it, then reload the instance.`,
        details: { instanceId, failures: this.#failures },
      });
    }
    const waitMs = Math.max(0, held.untilMs - this.#clock.monotonicMs());
    throw new CjmError("CJM_WORKER_HELD_BACK", `${held.reason}.`, {
      hint: `${see}. It may start again in ${Math.ceil(waitMs / 1000)} s.`,
      retryAfterMs: waitMs,
      details: { instanceId, failures: this.#failures },
    });
  }
}
