import { describe, expect, test } from "vitest";
import type { FakeInstance } from "./fake-runtime.ts";
import { queueKit, turns } from "./queue-kit.ts";

const status = { memoryAvailableMb: 60_000, gpuType: "NVIDIA", gpuTotalMb: 10_000, gpuFreeMb: 10_000, gpuLoadPercent: 0 };
const gpu = (gpuMb: number): FakeInstance => ({ profile: { gpuMb } });

describe("why a job waits", () => {
  test("behind others of its instance, and behind every lane", async () => {
    await using kit = queueKit({ lanes: 1, instances: { a: { profile: {} }, b: { profile: {} } } });
    const jobs = await Promise.all(["a", "a", "a", "b"].map((instanceId) => kit.queue.submit({ instanceId })));
    await kit.runtime.call("a");
    expect(kit.queue.explain(jobs[0]?.jobId ?? "")).toBeNull();
    expect(kit.queue.explain(jobs[2]?.jobId ?? "")).toMatchObject({ kind: "behind", ahead: 1, reason: "1 job of a goes first." });
    expect(kit.queue.explain(jobs[3]?.jobId ?? "")).toMatchObject({ kind: "lanes", heldBy: [{ jobId: jobs[0]?.jobId }] });
  });

  test("for GPU memory: what is missing, who holds it, and what making room would cost", async () => {
    await using kit = queueKit({ instances: { big: gpu(6000), other: gpu(5000) } });
    kit.runtime.status = status;
    Object.assign(kit.runtime, { evictable: () => [{ instanceId: "idle", holdsMb: 3000, reloadMs: 4200 }] });
    const [first] = await Promise.all(["big", "other"].map((instanceId) => kit.queue.submit({ instanceId })));
    await kit.runtime.call("big");
    await turns();
    const waiting = kit.queue.list({ status: "pending" })[0]?.jobId ?? "";
    expect(kit.queue.explain(waiting)).toEqual({
      kind: "resources",
      reason: "Awaiting 5000 MB of GPU memory: 6000 MB of 9000 MB are reserved by running jobs.",
      ahead: 0,
      missing: { resource: "gpu", neededMb: 5000, availableMb: 3000, shortfallMb: 2000 },
      heldBy: [{ jobId: first?.jobId, instanceId: "big", holdsMb: 6000 }],
      evictable: [{ instanceId: "idle", holdsMb: 3000, reloadMs: 4200 }],
      fitsHere: true,
    });
  });

  test("since its first run is measured alone", async () => {
    await using kit = queueKit({ instances: { a: {}, b: { profile: {} } } });
    await kit.queue.submit({ instanceId: "a" });
    await kit.runtime.call("a");
    const { jobId } = await kit.queue.submit({ instanceId: "b" });
    expect(kit.queue.explain(jobId)).toMatchObject({ kind: "alone", reason: expect.stringContaining("runs alone") });
  });

  test("nobody knows a job of that id", async () => {
    await using kit = queueKit();
    expect(() => kit.queue.explain("x")).toThrow("No job of id x is known");
  });
});

describe("idle workers make room", () => {
  test("once for a job, for what is missing, and never those that are wanted", async () => {
    await using kit = queueKit({ instances: { runner: gpu(1000), b: gpu(8000), a: gpu(8000) } });
    kit.runtime.status = { ...status, gpuFreeMb: 5000 };
    const asked: unknown[] = [];
    Object.assign(kit.runtime, {
      makeRoom: async ({ keep, ...request }: { keep: Iterable<string>; shortfallMb: number; resource: string; reason: string }) => {
        asked.push({ keep: [...keep], shortfallMb: request.shortfallMb, resource: request.resource });
        kit.runtime.status = { ...status, gpuFreeMb: 9500 };
        return { freedMb: 4500 };
      },
    });
    await kit.queue.submit({ instanceId: "runner" });
    await kit.runtime.call("runner");
    const jobs = await Promise.all(["b", "a"].map((instanceId) => kit.queue.submit({ instanceId })));
    await kit.runtime.until(({ running }) => running.size === 2);
    expect(asked).toEqual([{ keep: ["a", "b", "runner"], shortfallMb: 4000, resource: "gpu" }]);
    for (const job of jobs) {
      const call = await kit.runtime.call(job.view().instanceId);
      call.resolve();
      await job.wait();
    }
    expect(asked).toHaveLength(1);
  });
});
