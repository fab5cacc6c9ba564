import { expect, test } from "vitest";
import { ManualClock } from "../src/index.ts";

test("timers fire in order of their due time, also those that timers set", () => {
  const clock = new ManualClock(1000);
  const fired: string[] = [];
  clock.schedule(20, () => fired.push(`late at ${clock.monotonicMs()}`));
  clock.schedule(10, () => {
    fired.push(`early at ${clock.monotonicMs()}`);
    clock.schedule(5, () => fired.push(`nested at ${clock.monotonicMs()}`));
  });
  const takeBack = clock.schedule(12, () => fired.push("never"));
  takeBack();
  clock.advance(30);
  expect(fired).toEqual(["early at 10", "nested at 15", "late at 20"]);
  expect(clock.now()).toBe(1030);
});

test("a jump of the wall clock moves no timer", () => {
  const clock = new ManualClock(1000);
  let fired = 0;
  clock.schedule(10, () => fired++);
  clock.jumpTo(0);
  clock.advance(9);
  expect([fired, clock.now()]).toEqual([0, 9]);
  clock.advance(1);
  expect(fired).toBe(1);
});
