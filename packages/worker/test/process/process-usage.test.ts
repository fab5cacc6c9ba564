import { expect, test } from "vitest";
import { SubtreeUsageReader } from "../../src/process/process-usage.ts";

test("memory agrees with what Node says of this process", () => {
  const { pids, residentMb } = new SubtreeUsageReader().read();
  expect(pids[0]).toBe(process.pid);
  const own = process.memoryUsage.rss() / 1024 / 1024;
  expect(residentMb).toBeGreaterThan(own * 0.8);
});

test("the first reading has no percentage, the next one that of the time between", () => {
  let nowMs = 1000;
  const reader = new SubtreeUsageReader(() => nowMs);
  expect(reader.read().cpuPercent).toBe(0);
  const before = process.cpuUsage();
  while (process.cpuUsage(before).user < 300_000) Math.sqrt(Math.random());
  nowMs += 1000;
  // About 300 ms of computing in what the clock calls one second.
  expect(reader.read().cpuPercent).toBeGreaterThan(15);
  expect(reader.read().cpuPercent).toBe(0);
});
