import type { SystemStatus } from "@cjm/core";
import { describe, expect, test } from "vitest";
import type { FakeInstance } from "../../packages/queue/test/fake-runtime.ts";
import { type QueueKit, queueKit, turns } from "../../packages/queue/test/queue-kit.ts";
import { AcceptanceQueue, mostAtOnce } from "./kit/acceptance-queue.ts";
import { LANGUAGES } from "./kit/real-workers.ts";

const gpu = (gpuMb: number, rest: FakeInstance = {}): FakeInstance => ({ profile: { gpuMb }, ...rest });
const free = (gpuFreeMb: number): SystemStatus => ({
  memoryAvailableMb: 64_000,
  gpuType: "NVIDIA",
  gpuTotalMb: 10_000,
  gpuFreeMb,
  gpuLoadPercent: 0,
});

/** A queue on a machine with a GPU of 10000 MB, of which so much is free. */
function gpuKit(gpuFreeMb: number, instances: Record<string, FakeInstance>): QueueKit {
  const kit = queueKit({ instances });
  kit.runtime.status = free(gpuFreeMb);
  return kit;
}

const reasons = ({ journal }: QueueKit) => journal.query({ eventType: "block_reason_changed" }).map(({ payload }) => payload);
const running = ({ runtime }: QueueKit) => [...runtime.running].map(({ instanceId }) => instanceId);

describe("calls of one instance", () => {
  test.each(LANGUAGES)("without a cap never overlap (1, %s)", async (instanceId) => {
    await using real = await AcceptanceQueue.create();
    await real.measure();
    const busy = { instanceId, kwargs: { action: "busy", seconds: 0.15 } };
    const jobs = await Promise.all([1, 2, 3].map(() => real.queue.submit(busy)));
    expect(await Promise.all(jobs.map((job) => job.result()))).toEqual(["done", "done", "done"]);
    expect(mostAtOnce(real.host.allRows())).toBe(1);
  });

  test.each(LANGUAGES)("with a cap of three do: two that wait for each other both complete (2, %s)", async (instanceId) => {
    await using real = await AcceptanceQueue.create({ calls: 3 });
    await real.measure();
    const meet = (own: string, other: string) => real.queue.submit({ instanceId, kwargs: { action: "meet", own, other } });
    const jobs = await Promise.all([meet("a", "b"), meet("b", "a"), meet("c", "a")]);
    expect(await Promise.all(jobs.map((job) => job.result()))).toEqual(["met", "met", "met"]);
    expect(mostAtOnce(real.host.allRows())).toBeGreaterThan(1);
  });
});

test("a job that was never measured and two that were, submitted together: it runs alone (3)", async () => {
  await using real = await AcceptanceQueue.create({ calls: 2 });
  await real.queue.run({ instanceId: "python", kwargs: { action: "add", a: 1, b: 1 } });
  const kwargs = { action: "busy", seconds: 0.1 };
  const instances = ["node", "python", "python"];
  const jobs = await Promise.all(instances.map((instanceId) => real.queue.submit({ instanceId, kwargs })));
  await Promise.all(jobs.map((job) => job.result()));
  const rows = real.host.allRows();
  const own = rows.filter(({ jobId }) => jobId === jobs[0]?.jobId);
  const during = rows.filter(({ seq }) => seq >= (own[0]?.seq ?? 0) && seq <= (own.at(-1)?.seq ?? 0));
  expect(mostAtOnce(during)).toBe(1);
  expect(own[0]).toMatchObject({ eventType: "admission_decided", payload: { exclusive: true, lanes_in_use: 1 } });
});

describe("GPU memory", () => {
  test("6000 and 6000 of 10000, of which 9000 may be planned with, are serialised (4)", async () => {
    await using kit = gpuKit(9500, { a: gpu(6000), b: gpu(6000) });
    const jobs = await Promise.all(["a", "b"].map((instanceId) => kit.queue.submit({ instanceId })));
    await turns();
    expect(running(kit)).toEqual(["a"]);
    (await kit.runtime.call("a")).resolve();
    (await kit.runtime.call("b")).resolve();
    await Promise.all(jobs.map((job) => job.wait()));
    expect(kit.runtime.peaks.get("all")).toBe(1);
  });

  test("6000 and 2000 overlap (5)", async () => {
    await using kit = gpuKit(9500, { a: gpu(6000), b: gpu(2000) });
    await Promise.all(["a", "b"].map((instanceId) => kit.queue.submit({ instanceId })));
    await turns();
    expect(running(kit)).toEqual(["a", "b"]);
  });

  test("9500 fails at once, with the numbers, and is never called (6)", async () => {
    await using kit = gpuKit(10_000, { a: gpu(9500) });
    const job = await (await kit.queue.submit({ instanceId: "a" })).wait();
    expect(job).toMatchObject({ status: "failed", startedAt: null });
    expect(job.error).toMatchObject({
      category: "resource",
      retriable: false,
      message: expect.stringContaining("never admissible"),
      resource_shortfall: { resource: "gpu_vram_mb", needed: 9500, available: 9000 },
    });
    expect(kit.runtime.calls).toEqual([]);
  });

  test("in a composition that fails the run, with the same words (7)", async () => {
    await using kit = gpuKit(10_000, { a: gpu(9500) });
    const run = await kit.queue.submitComposition({ name: "one", nodes: { only: { capability: "a" } } });
    const outcome = await run.wait();
    expect(outcome.status).toBe("failed");
    expect(outcome.nodes[0]?.error?.message).toContain("never admissible");
  });

  test("held by resident models, it waits and says so, and starts when there is room (8)", async () => {
    await using kit = gpuKit(5000, { a: gpu(8000) });
    const job = await kit.queue.submit({ instanceId: "a" });
    await turns();
    const to = job.view().blockReason;
    expect(to).toMatch(/8000.*resident/);
    expect(job.view().status).toBe("pending");
    kit.runtime.status = free(9500);
    kit.clock.advance(1000);
    (await kit.runtime.call("a")).resolve();
    expect(await job.wait()).toMatchObject({ status: "completed", blockReason: null });
    expect(reasons(kit)).toEqual([
      { from: null, to },
      { from: to, to: null },
    ]);
  });

  test("of its own idle worker is its own: a second job of a resident model runs (12)", async () => {
    await using kit = gpuKit(3500, { a: gpu(6000, { residency: { memoryMb: null, gpuMb: 6000 } }) });
    const job = await kit.queue.submit({ instanceId: "a" });
    (await kit.runtime.call("a")).resolve("ran");
    expect(await job.result()).toBe("ran");
    expect(reasons(kit)).toEqual([]);
  });
});

describe("room that idle workers make", () => {
  interface Asked {
    readonly resource: string;
    readonly shortfallMb: number;
    readonly keep: readonly string[];
  }

  /** Notes what was asked for, and makes that room. */
  function makingRoom(kit: QueueKit): Asked[] {
    const asked: Asked[] = [];
    Object.assign(kit.runtime, {
      makeRoom: async ({ resource, shortfallMb, keep }: Asked) => {
        asked.push({ resource, shortfallMb, keep: [...keep] });
        kit.runtime.status = free(9500);
        return { freedMb: shortfallMb };
      },
    });
    return asked;
  }

  test("is asked for once, by what is missing, and never from its own instance (9)", async () => {
    await using kit = gpuKit(5000, { a: gpu(8000) });
    const asked = makingRoom(kit);
    const job = await kit.queue.submit({ instanceId: "a" });
    (await kit.runtime.call("a")).resolve();
    expect(await job.wait()).toMatchObject({ status: "completed", blockReason: null });
    expect(asked).toEqual([{ resource: "gpu", shortfallMb: 3000, keep: ["a"] }]);
  });

  test("is asked for once for two that wait, and spares both and what runs (10)", async () => {
    await using kit = gpuKit(5000, { runner: gpu(1000), b: gpu(8000), a: gpu(8000) });
    const asked = makingRoom(kit);
    await kit.queue.submit({ instanceId: "runner" });
    await kit.runtime.call("runner");
    const jobs = await Promise.all(["b", "a"].map((instanceId) => kit.queue.submit({ instanceId })));
    for (const [index, instanceId] of ["b", "a"].entries()) {
      (await kit.runtime.call(instanceId)).resolve();
      expect(await jobs[index]?.wait()).toMatchObject({ status: "completed" });
    }
    expect(asked.map(({ keep }) => keep)).toEqual([["a", "b", "runner"]]);
  });
});

test("the same reason is said once, another one with the one before it (11)", async () => {
  await using kit = gpuKit(5000, { a: gpu(8000), b: gpu(2000) });
  await kit.queue.submit({ instanceId: "a" });
  for (let second = 0; second < 3; second++) {
    await turns();
    kit.clock.advance(1000);
  }
  await turns();
  const [first, ...none] = reasons(kit);
  expect(none).toEqual([]);
  await kit.queue.submit({ instanceId: "b" });
  await kit.runtime.call("b");
  await turns();
  expect(reasons(kit)[1]).toEqual({ from: first?.["to"], to: expect.stringContaining("reserved by running jobs") });
  expect(reasons(kit)).toHaveLength(2);
});
