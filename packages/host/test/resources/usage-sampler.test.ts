import { spawn } from "node:child_process";
import { ManualClock, skip } from "@cjm/testing";
import { expect, test } from "vitest";
import { ProcessTrees } from "../../src/resources/process-trees.ts";
import { type UsageReading, UsageSampler } from "../../src/resources/usage-sampler.ts";

const noGpu = { isAskedFor: () => false, refresh: async () => {}, gpuMemoryMb: async () => null, lastGpuMemoryMb: () => null };

test("tells once a second what a lasting call uses, and nothing after its end", async (context) => {
  if (process.platform !== "linux") skip(context, "readings of process trees come from /proc");
  using child = spawn("sleep", ["60"]);
  const pid = child.pid ?? 0;
  const clock = new ManualClock();
  using sampler = new UsageSampler(clock, new ProcessTrees(clock), noGpu);
  const readings: UsageReading[] = [];
  const finish = sampler.start(pid, (reading) => readings.push(reading));
  for (let step = 0; step < 9; step += 1) clock.advance(250);
  expect(readings).toHaveLength(2);
  expect(readings[0]).toEqual({ workerPid: pid, memoryMb: expect.any(Number), gpuMb: null, cpuPercent: expect.any(Number) });
  expect(readings[0]?.memoryMb).toBeGreaterThan(0);
  expect(await finish()).toMatchObject({ durationMs: 2250 });
  clock.advance(5000);
  expect(readings).toHaveLength(2);
});

test("a listener that throws harms nobody", async () => {
  const clock = new ManualClock();
  using sampler = new UsageSampler(clock, new ProcessTrees(clock), noGpu);
  const finish = sampler.start(process.pid, () => {
    throw new Error("a listener's own");
  });
  clock.advance(250 * 5);
  expect(await finish()).toMatchObject({ durationMs: 1250 });
});
