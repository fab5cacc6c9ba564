import { afterEach, expect, test, vi } from "vitest";
import { systemClock } from "../src/index.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

afterEach(() => {
  vi.useRealTimers();
});

test("a timer of more than 25 days, which Node's own would fire at once, waits for as long as it says", () => {
  vi.useFakeTimers();
  const fn = vi.fn<() => void>();
  systemClock.schedule(60 * DAY_MS, fn);
  vi.advanceTimersByTime(60 * DAY_MS - 1);
  expect(fn).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(fn).toHaveBeenCalledTimes(1);
});

test("a timer that is taken back does not fire, however far off it was and however long ago it began", () => {
  vi.useFakeTimers();
  const fn = vi.fn<() => void>();
  const cancels = [1000, 30 * DAY_MS, Number.POSITIVE_INFINITY].map((delayMs) => systemClock.schedule(delayMs, fn));
  vi.advanceTimersByTime(999);
  cancels[0]?.();
  vi.advanceTimersByTime(27 * DAY_MS);
  cancels[1]?.();
  cancels[2]?.();
  expect(vi.getTimerCount()).toBe(0);
  expect(fn).not.toHaveBeenCalled();
});
