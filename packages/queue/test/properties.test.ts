import { CjmError } from "@cjm/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FakeCall } from "./fake-runtime.ts";
import { queueKit, turns } from "./queue-kit.ts";

interface Workload {
  readonly lanes: number;
  readonly instances: readonly { readonly cap: number; readonly memoryMb: number; readonly gpuMb: number; readonly measured: boolean }[];
  readonly jobs: readonly { readonly instance: number; readonly priority: number }[];
  /** What happens next, drawn from what can. */
  readonly steps: readonly { readonly what: "end" | "fail" | "cancel" | "cancel waiting" | "advance" | "submit"; readonly which: number }[];
}

const workload: fc.Arbitrary<Workload> = fc.record({
  lanes: fc.integer({ min: 1, max: 5 }),
  instances: fc.array(
    fc.record({
      cap: fc.integer({ min: 1, max: 3 }),
      memoryMb: fc.integer({ min: 0, max: 1200 }),
      gpuMb: fc.constantFrom(0, 0, 100, 400, 950),
      measured: fc.boolean(),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  jobs: fc.array(fc.record({ instance: fc.nat(3), priority: fc.integer({ min: -1, max: 1 }) }), { minLength: 1, maxLength: 25 }),
  steps: fc.array(
    fc.record({ what: fc.constantFrom("end", "end", "end", "fail", "cancel", "cancel waiting", "advance", "submit"), which: fc.nat(1000) }),
    { maxLength: 60 },
  ),
});

const MACHINE_MB = 1000;
const GPU_MB = 1000;

/** Runs a workload to its end, checking what must hold after every step. Returns everything that happened, in order. */
async function play({ lanes, instances, jobs, steps }: Workload): Promise<string[]> {
  const demand = (index: number) => ({ memoryMb: instances[index]?.memoryMb ?? 0, gpuMb: instances[index]?.gpuMb ?? 0 });
  await using kit = queueKit({
    lanes,
    machineMemoryMb: MACHINE_MB,
    cancelGraceMs: 100,
    instances: Object.fromEntries(
      instances.map(({ cap, measured }, index) => [
        `i${index}`,
        {
          cap,
          measures: demand(index),
          ...(measured ? { profile: demand(index) } : {}),
          onCancel: (call: FakeCall) => index % 2 === 0 && call.reject(new CjmError("CJM_CANCELLED", "stopped")),
        },
      ]),
    ),
  });
  kit.runtime.status = { memoryAvailableMb: MACHINE_MB, gpuType: "test", gpuTotalMb: GPU_MB, gpuFreeMb: GPU_MB, gpuLoadPercent: 0 };
  const happened: string[] = [];
  kit.runtime.onCall = (call) => happened.push(`call ${call.jobId}`);
  const check = (): void => {
    const running = [...kit.runtime.running];
    expect(running.length).toBeLessThanOrEqual(lanes);
    let memoryMb = 0;
    let gpuMb = 0;
    for (const { instanceId } of running) {
      const measured = kit.runtime.instances.get(instanceId);
      expect(running.filter((call) => call.instanceId === instanceId).length).toBeLessThanOrEqual(measured?.cap ?? 1);
      // Alone, or its first run among others that were admitted before it was measured: never.
      if (measured?.profile === undefined) expect(running).toHaveLength(1);
      memoryMb += measured?.profile?.memoryMb ?? 0;
      gpuMb += measured?.profile?.gpuMb ?? 0;
    }
    if (running.length > 1) expect(memoryMb).toBeLessThanOrEqual(MACHINE_MB);
    if (running.length > 1) expect(gpuMb).toBeLessThanOrEqual(GPU_MB * 0.9);
  };
  const submit = async (index: number): Promise<void> => {
    const job = jobs[index % jobs.length];
    if (job !== undefined) await kit.queue.submit({ instanceId: `i${job.instance % instances.length}`, priority: job.priority });
  };
  for (const index of jobs.keys()) await submit(index);
  for (const { what, which } of steps) {
    await turns(3);
    check();
    const running = [...kit.runtime.running];
    const call = running[which % Math.max(1, running.length)];
    if (what === "end") call?.resolve(which);
    if (what === "fail") call?.reject(new Error("failed"));
    if (what === "cancel" && call !== undefined) kit.queue.cancel(call.jobId);
    if (what === "advance") kit.clock.advance(which * 10);
    if (what === "submit") await submit(which);
    const waiting = kit.queue.list({ status: "pending" });
    if (what === "cancel waiting") kit.queue.cancel(waiting[which % Math.max(1, waiting.length)]?.jobId ?? "");
  }
  // Whatever is left must come to its end by itself as calls return and time passes.
  for (let round = 0; round < 400 && kit.queue.stats().pending + kit.queue.stats().running > 0; round++) {
    await turns(3);
    check();
    for (const call of kit.runtime.running) call.resolve();
    kit.clock.advance(200);
  }
  const { pending, running, lanes: laneUse } = kit.queue.stats();
  await turns();
  expect({ pending, running }).toEqual({ pending: 0, running: 0 });
  expect(kit.queue.stats().lanes.inUse, JSON.stringify(laneUse)).toBe(0);
  expect(kit.internalErrors).toEqual([]);
  const ends = kit.journal.rows.filter(({ payload }) => payload["job_snapshot"] !== undefined);
  expect(new Set(ends.map(({ jobId }) => jobId)).size).toBe(ends.length);
  expect(ends).toHaveLength(kit.queue.list().length);
  return [...happened, ...kit.journal.rows.map(({ eventType, jobId, payload }) => `${eventType} ${jobId} ${JSON.stringify(payload)}`)];
}

test("whatever is submitted, ended, failed and cancelled: every job ends exactly once, and nothing is ever over-committed", async () => {
  await fc.assert(
    fc.asyncProperty(workload, async (work) => {
      await play(work);
    }),
    { numRuns: 150 },
  );
});

test("the same workload gives the same trace", async () => {
  await fc.assert(
    fc.asyncProperty(workload, async (work) => {
      expect(await play(work)).toEqual(await play(work));
    }),
    { numRuns: 30 },
  );
});
