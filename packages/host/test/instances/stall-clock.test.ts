import { expect, test } from "vitest";
import { afterLook, NOT_STALLED, type ProgressLook, type StallState } from "../../src/instances/stall-clock.ts";

const answered = (progress: number, message = ""): ProgressLook => ({ kind: "answered", progress, message });
const SILENT: ProgressLook = { kind: "silent" };
const HALF = { progress: 0.5, message: "loading" };
const span = (elapsedMs: number, silenceCounts = false) => ({ elapsedMs, longestSpanMs: 2_000, silenceCounts });

test.each<[string, StallState, ProgressLook, ReturnType<typeof span>, StallState]>([
  ["the first answer counts as movement", NOT_STALLED, answered(0), span(1_000), { stillMs: 0, last: { progress: 0, message: "" } }],
  ["another number", { stillMs: 900, last: HALF }, answered(0.6, "loading"), span(1_000), { stillMs: 0, last: { ...HALF, progress: 0.6 } }],
  ["another message", { stillMs: 900, last: HALF }, answered(0.5, "more"), span(1_000), { stillMs: 0, last: { ...HALF, message: "more" } }],
  [
    "a number that goes back",
    { stillMs: 900, last: HALF },
    answered(0.1, "loading"),
    span(1),
    { stillMs: 0, last: { ...HALF, progress: 0.1 } },
  ],
  ["the same again", { stillMs: 900, last: HALF }, answered(0.5, "loading"), span(1_000), { stillMs: 1_900, last: HALF }],
  [
    "the same after a sleep of the machine",
    { stillMs: 0, last: HALF },
    answered(0.5, "loading"),
    span(3_600_000),
    { stillMs: 2_000, last: HALF },
  ],
  ["a clock that went back", { stillMs: 10, last: HALF }, answered(0.5, "loading"), span(-5), { stillMs: 10, last: HALF }],
  ["silence is no proof", { stillMs: 900, last: HALF }, SILENT, span(1_000), { stillMs: 900, last: HALF }],
  ["silence where it counts", { stillMs: 900, last: HALF }, SILENT, span(1_000, true), { stillMs: 1_900, last: HALF }],
  ["silence from the beginning, where it counts", NOT_STALLED, SILENT, span(5_000, true), { stillMs: 2_000, last: null }],
])("%s", (_name, state, look, elapsed, next) => {
  expect(afterLook(state, look, elapsed)).toEqual(next);
});
