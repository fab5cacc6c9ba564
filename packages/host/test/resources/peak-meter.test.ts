import { ManualClock } from "@cjm/testing";
import { expect, test } from "vitest";
import { PeakMeter } from "../../src/resources/peak-meter.ts";

const PID = 7;

/** A kernel that counts for one process, and how often it was asked. */
class Kernel {
  asked = { resets: 0, reads: 0 };
  #peakMb = 0;
  isThere = true;

  readonly reset = (): boolean => {
    this.asked.resets += 1;
    this.#peakMb = 10;
    return this.isThere;
  };

  readonly peakMb = (): number | null => {
    this.asked.reads += 1;
    return this.isThere ? this.#peakMb : null;
  };

  takes(mb: number): void {
    this.#peakMb = Math.max(this.#peakMb, mb);
  }
}

function meter(): { kernel: Kernel; clock: ManualClock; call: (tookMs: number, mb: number) => number | null } {
  const kernel = new Kernel();
  const clock = new ManualClock();
  const peaks = new PeakMeter(clock, kernel);
  const call = (tookMs: number, mb: number): number | null => {
    if (!peaks.begin(PID)) return null;
    kernel.takes(mb);
    clock.advance(tookMs);
    return peaks.end(PID, tookMs);
  };
  return { kernel, clock, call };
}

test("short calls that follow each other share a count and a look at it", () => {
  const { kernel, call } = meter();
  expect(Array.from({ length: 50 }, () => call(1, 12))).toEqual(Array.from({ length: 50 }, () => 12));
  expect(kernel.asked).toEqual({ resets: 1, reads: 1 });
});

test("what nobody has read counts for the next call, also after a pause", () => {
  const { clock, call } = meter();
  call(1, 12);
  expect(call(1, 90)).toBe(12);
  clock.advance(1000);
  expect(call(1, 12)).toBe(90);
  clock.advance(1000);
  expect(call(1, 12)).toBe(12);
});

test("a longer call is read at its end, and the next one starts anew", () => {
  const { kernel, call } = meter();
  expect([call(1, 12), call(20, 500), call(1, 12), call(300, 40), call(300, 30)]).toEqual([12, 500, 12, 40, 30]);
  // The second shares the count of the first; nobody shares the count of a long one.
  expect(kernel.asked.resets).toBe(3);
});

test("a worker whose memory cannot be counted has no peak", () => {
  const { kernel, call } = meter();
  kernel.isThere = false;
  expect(call(50, 100)).toBe(null);
});
