import { ManualClock } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { CrashGuard, crashVerdict } from "../../src/instances/crash-guard.ts";

test.each([
  [0, { kind: "start" }],
  [1, { kind: "start" }],
  [2, { kind: "start" }],
  [3, { kind: "pause", pauseMs: 1_000 }],
  [4, { kind: "pause", pauseMs: 2_000 }],
  [5, { kind: "pause", pauseMs: 4_000 }],
  [8, { kind: "pause", pauseMs: 32_000 }],
  [9, { kind: "pause", pauseMs: 60_000 }],
  [10, { kind: "stop" }],
  [100, { kind: "stop" }],
])("%i failures in a row", (failures, verdict) => {
  expect(crashVerdict(failures)).toEqual(verdict);
});

describe("a guard", () => {
  const after = (deaths: number) => {
    const clock = new ManualClock();
    const guard = new CrashGuard(clock);
    for (let death = 0; death < deaths; death++) guard.recordDeath(0);
    return { clock, guard };
  };

  test("holds back for its pause and not longer", () => {
    const { clock, guard } = after(3);
    clock.advance(400);
    expect(guard.heldBack("tool")).toEqual({ reason: expect.stringContaining("3 times in a row"), untilMs: 1_000 });
    expect(() => guard.assertMayStart("tool")).toThrow(
      expect.objectContaining({ code: "CJM_WORKER_HELD_BACK", retryAfterMs: 600, details: { instanceId: "tool", failures: 3 } }),
    );
    clock.advance(600);
    expect(guard.heldBack("tool")).toBeNull();
    expect(() => guard.assertMayStart("tool")).not.toThrow();
  });

  test("stops for good, until someone acts", () => {
    const { clock, guard } = after(10);
    clock.advance(1e9);
    expect(guard.heldBack("tool")?.untilMs).toBeNull();
    expect(() => guard.assertMayStart("tool")).toThrow(expect.objectContaining({ code: "CJM_WORKER_CRASH_LOOP", retriable: false }));
    guard.reset();
    expect(guard.heldBack("tool")).toBeNull();
  });

  test("a worker that served for a minute was no crash loop", () => {
    const { guard } = after(9);
    guard.recordDeath(59_999);
    expect(guard.heldBack("tool")?.untilMs).toBeNull();
    guard.recordDeath(60_000);
    expect(guard.heldBack("tool")).toBeNull();
  });
});
