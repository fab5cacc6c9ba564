/** Time as our code sees it. Tests inject a clock that they move by hand. */
export interface Clock {
  /** Wall clock, Unix milliseconds with a fraction. */
  now(): number;
  /** Milliseconds that never run backwards; only differences mean something. */
  monotonicMs(): number;
  /** Calls `fn` once after `delayMs`; the returned function takes it back. The timer does not keep the process alive. */
  schedule(delayMs: number, fn: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, fn) {
    if (delayMs > MAX_TIMER_MS) return scheduleFarOff(delayMs, fn);
    const timer = setTimeout(fn, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Node's timers fire at once when they are to wait for longer, which is not quite 25 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

function scheduleFarOff(delayMs: number, fn: () => void): () => void {
  const dueMs = performance.now() + delayMs;
  let cancel = systemClock.schedule(MAX_TIMER_MS, () => {
    cancel = systemClock.schedule(dueMs - performance.now(), fn);
  });
  return () => cancel();
}
