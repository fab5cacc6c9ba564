import { ManualClock } from "@cjm/testing";
import { expect, test } from "vitest";
import type { PendingHead } from "../../src/admission/admission-input.ts";
import type { Waiting } from "../../src/admission/admission-scan.ts";
import { IdleEviction } from "../../src/admission/idle-eviction.ts";
import { turns } from "../queue-kit.ts";

const head = (jobId: string): PendingHead => ({
  jobId,
  instanceId: `${jobId}-instance`,
  priority: 0,
  sequence: 0,
  cap: 1,
  demand: { memoryMb: 0, gpuMb: 8000 },
  resident: null,
  gpuUnmeasured: false,
  hold: null,
  blockedSinceMs: null,
});
const missing = { resource: "gpu", neededMb: 8000, availableMb: 5000, shortfallMb: 3000 } as const;
const blocked = (jobId: string, rest: Partial<Waiting> = {}): Waiting => ({
  head: head(jobId),
  reason: "r",
  blocked: { kind: "blocked", reason: "r", by: "machine", ours: true, missing },
  starving: false,
  ...rest,
});

/** Notes whom each request spares. */
function eviction({ freedMb = 0 } = {}) {
  const clock = new ManualClock();
  const spared: string[][] = [];
  let done = 0;
  const idle = new IdleEviction({
    runtime: {
      makeRoom: async ({ keep }) => {
        spared.push([...keep]);
        return { freedMb };
      },
    },
    clock,
    onDone: async () => {
      done += 1;
    },
    report: (error) => {
      throw error;
    },
  });
  return { clock, spared, idle, doneCount: () => done };
}

test("asks for the first that may ask, one request at a time, and again when its pause is over", async () => {
  const { clock, spared, idle } = eviction();
  const both = [blocked("a"), blocked("b")];
  const keep = ["a-instance", "b-instance"];
  idle.consider(both, () => keep);
  idle.consider(both, () => keep);
  expect(spared).toHaveLength(1);
  await turns();
  idle.consider(both, () => keep);
  expect(spared).toHaveLength(2);
  await turns();
  idle.consider(both, () => keep);
  expect(spared).toHaveLength(2);
  clock.advance(15_000);
  idle.consider(both, () => keep);
  expect(spared).toHaveLength(3);
});

test("a scan that looked at nothing, as when every lane is taken, does not end the pause", async () => {
  const { spared, idle } = eviction();
  idle.consider([blocked("a")], () => []);
  await turns();
  idle.consider([], () => []);
  idle.consider([blocked("a")], () => []);
  expect(spared).toHaveLength(1);
});

test("a job that starves insists at once: workers that jobs behind it want go, too, those before it do not", async () => {
  const { spared, idle } = eviction();
  const line = [blocked("first", { blocked: null }), blocked("big"), blocked("last", { blocked: null })];
  const keep = ["busy", "first-instance", "big-instance", "last-instance"];
  idle.consider(line, () => keep);
  await turns();
  idle.consider(line, () => keep);
  expect(spared).toEqual([keep]);
  const starved = line.with(1, blocked("big", { starving: true }));
  idle.consider(starved, () => keep);
  expect(spared).toEqual([keep, ["busy", "first-instance", "big-instance"]]);
  await turns();
  idle.consider(starved, () => keep);
  expect(spared).toHaveLength(2);
});

test("what waits for jobs, or to run alone, needs no room", () => {
  const { spared, idle } = eviction();
  const byJobs = { kind: "blocked", reason: "r", by: "jobs", ours: true, missing } as const;
  idle.consider([blocked("a", { blocked: byJobs }), blocked("b", { blocked: { ...byJobs, missing: null } })], () => []);
  expect(spared).toEqual([]);
});

test("who freed something is looked at again when that has had time to show", async () => {
  const { clock, idle, doneCount } = eviction({ freedMb: 4000 });
  idle.consider([blocked("a")], () => []);
  await turns();
  expect(doneCount()).toBe(1);
  clock.advance(2_000);
  expect(doneCount()).toBe(2);
});
