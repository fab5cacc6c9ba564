import type { SystemStatus } from "@cjm/core";
import { describe, expect, test } from "vitest";
import { queueKit, turns } from "../queue-kit.ts";

const gpu = (gpuTotalMb: number, gpuFreeMb: number, memoryAvailableMb = 60_000): SystemStatus => ({
  memoryAvailableMb,
  gpuType: "NVIDIA",
  gpuTotalMb,
  gpuFreeMb,
  gpuLoadPercent: 0,
});

describe("lanes and caps", () => {
  test("jobs of one instance without a cap never overlap", async () => {
    await using kit = queueKit({ instances: { a: { profile: {} } } });
    const handles = await Promise.all([1, 2, 3].map(() => kit.queue.submit({ instanceId: "a" })));
    for (const handle of handles) {
      (await kit.runtime.call("a")).resolve();
      await handle.wait();
    }
    expect(kit.runtime.peaks.get("a")).toBe(1);
  });

  test("a cap of three lets three overlap, the lanes bound all instances together", async () => {
    await using kit = queueKit({ lanes: 4, instances: { a: { profile: {}, cap: 3 }, b: { profile: {}, cap: 3 } } });
    const handles = await Promise.all(["a", "a", "a", "a", "b", "b"].map((instanceId) => kit.queue.submit({ instanceId })));
    await kit.runtime.until(({ running }) => running.size === 4);
    await turns();
    expect([kit.runtime.peaks.get("a"), kit.runtime.peaks.get("b"), kit.runtime.running.size]).toEqual([3, 1, 4]);
    kit.runtime.onCall = (call) => call.resolve();
    for (const call of kit.runtime.running) call.resolve();
    await Promise.all(handles.map((handle) => handle.wait()));
    expect(kit.runtime.peaks.get("all")).toBe(4);
  });

  test("a job that was never measured runs alone, and the next ones do not", async () => {
    await using kit = queueKit({ instances: { a: { cap: 2, measures: { memoryMb: 10 } }, b: { profile: {} }, c: { profile: {} } } });
    const first = await Promise.all(["a", "b", "c"].map((instanceId) => kit.queue.submit({ instanceId })));
    const alone = await kit.runtime.call("a");
    await turns();
    expect(kit.runtime.running.size).toBe(1);
    alone.resolve();
    await kit.runtime.until(({ running }) => running.size === 2);
    await kit.queue.submit({ instanceId: "a" });
    await kit.runtime.until(({ running }) => running.size === 3);
    await turns();
    const exclusive = kit.journal.query({ eventType: "admission_decided" }).map(({ payload }) => payload["exclusive"]);
    expect(exclusive).toEqual([true, false, false, false]);
    expect(first).toHaveLength(3);
  });

  test("a failed first run measures nothing", async () => {
    await using kit = queueKit({ instances: { a: { cap: 2 }, b: { profile: {} } } });
    const failing = await kit.queue.submit({ instanceId: "a" });
    (await kit.runtime.call("a")).reject(new Error("no"));
    await failing.wait();
    await kit.queue.submit({ instanceId: "a" });
    await kit.queue.submit({ instanceId: "b" });
    await kit.runtime.call("a");
    await turns();
    expect(kit.runtime.running.size).toBe(1);
  });
});

describe("GPU memory", () => {
  test("6000 and 6000 of 10000 are serialised, 6000 and 2000 overlap", async () => {
    await using kit = queueKit({
      instances: { a: { profile: { gpuMb: 6000 } }, b: { profile: { gpuMb: 6000 } }, c: { profile: { gpuMb: 2000 } } },
    });
    kit.runtime.status = gpu(10_000, 9500);
    await kit.queue.submit({ instanceId: "a" });
    await kit.queue.submit({ instanceId: "b" });
    await kit.queue.submit({ instanceId: "c" });
    await kit.runtime.until(({ running }) => running.size === 2);
    await turns();
    expect([...kit.runtime.running].map(({ instanceId }) => instanceId)).toEqual(["a", "c"]);
  });

  test("what can never fit fails at once with the numbers, and is never called", async () => {
    await using kit = queueKit({ instances: { a: { profile: { gpuMb: 9500 } } } });
    kit.runtime.status = gpu(10_000, 10_000);
    const handle = await kit.queue.submit({ instanceId: "a" });
    const view = await handle.wait();
    expect(view).toMatchObject({
      status: "failed",
      startedAt: null,
      error: { category: "resource", retriable: false, resource_shortfall: { resource: "gpu_vram_mb", needed: 9500, available: 9000 } },
    });
    expect(view.error?.message).toContain("never admissible");
    expect(kit.runtime.calls).toEqual([]);
    expect(kit.journal.query({ eventType: "admission_decided" })).toEqual([]);
  });

  test("what is blocked says so once, and starts when the machine has room", async () => {
    await using kit = queueKit({ instances: { a: { profile: { gpuMb: 8000 } } } });
    kit.runtime.status = gpu(10_000, 5000);
    const handle = await kit.queue.submit({ instanceId: "a" });
    await turns();
    const reason = handle.view().blockReason;
    expect(reason).toContain("8000");
    expect(reason).toContain("resident");
    // Nothing wakes the queue but its own second look.
    for (let second = 0; second < 3; second++) {
      kit.clock.advance(1000);
      await turns();
    }
    kit.runtime.status = gpu(10_000, 9500);
    kit.clock.advance(1000);
    (await kit.runtime.call("a")).resolve();
    await handle.wait();
    expect(kit.journal.query({ eventType: "block_reason_changed" }).map(({ payload }) => payload)).toEqual([
      { from: null, to: reason },
      { from: reason, to: null },
    ]);
  });

  test("two jobs that were not loaded yet do not both count on the same free memory", async () => {
    await using kit = queueKit({ instances: { a: { profile: { gpuMb: 4000 } }, b: { profile: { gpuMb: 4000 } } } });
    kit.runtime.status = gpu(10_000, 4500);
    await kit.queue.submit({ instanceId: "a" });
    await kit.queue.submit({ instanceId: "b" });
    await kit.runtime.call("a");
    await turns();
    expect(kit.runtime.running.size).toBe(1);
  });

  test("memory that the instance's own worker holds is credited to its next job", async () => {
    await using kit = queueKit({ instances: { a: { profile: { gpuMb: 6000 }, residency: { memoryMb: null, gpuMb: 6000 } } } });
    kit.runtime.status = gpu(10_000, 3500);
    const handle = await kit.queue.submit({ instanceId: "a" });
    (await kit.runtime.call("a")).resolve();
    expect((await handle.wait()).status).toBe("completed");
  });

  test("without a system monitor GPU work runs alone", async () => {
    await using kit = queueKit({ instances: { a: { profile: { gpuMb: 100 } }, b: { profile: { gpuMb: 100 } } } });
    await kit.queue.submit({ instanceId: "a" });
    const second = await kit.queue.submit({ instanceId: "b" });
    await kit.runtime.call("a");
    await turns();
    expect(kit.runtime.running.size).toBe(1);
    kit.queue.recheck();
    await turns();
    expect(second.view().status).toBe("pending");
  });
});

describe("memory", () => {
  test("is reserved, and what this machine never has fails at once", async () => {
    await using kit = queueKit({
      machineMemoryMb: 64_000,
      instances: { a: { profile: { memoryMb: 40_000 } }, b: { profile: { memoryMb: 40_000 } }, huge: { profile: { memoryMb: 400_000 } } },
    });
    kit.runtime.status = gpu(0, 0, 64_000);
    await kit.queue.submit({ instanceId: "a" });
    const second = await kit.queue.submit({ instanceId: "b" });
    const huge = await kit.queue.submit({ instanceId: "huge" });
    await expect(huge.result()).rejects.toMatchObject({ code: "CJM_UNSCHEDULABLE", details: { needed: 400_000, available: 64_000 } });
    expect(kit.runtime.running.size).toBe(1);
    expect(second.view().blockReason).toContain("40000 MB of memory");
  });

  test("small jobs do not ask the system monitor, large ones at most once a second", async () => {
    await using kit = queueKit({
      instances: { small: { profile: { memoryMb: 100 }, script: () => 1 }, large: { profile: { memoryMb: 30_000 }, script: () => 1 } },
    });
    kit.runtime.status = gpu(0, 0);
    await kit.queue.run({ instanceId: "small" });
    expect(kit.runtime.statusCalls).toBe(0);
    for (let job = 0; job < 20; job++) await kit.queue.run({ instanceId: "large" });
    expect(kit.runtime.statusCalls).toBe(1);
  });
});

describe("a job that waits is not passed for ever", () => {
  test("after the threshold nothing starts that would delay an unmeasured job", async () => {
    await using kit = queueKit({ lanes: 2, starvingAfterMs: 1000, instances: { small: { profile: {}, cap: 2 }, fresh: {} } });
    const submitSmall = async (count: number): Promise<void> => {
      for (let job = 0; job < count; job++) await kit.queue.submit({ instanceId: "small" });
    };
    await submitSmall(2);
    const waiting = await kit.queue.submit({ instanceId: "fresh" });
    await submitSmall(8);
    const finishOne = async (): Promise<void> => {
      (await kit.runtime.call("small")).resolve();
      await turns();
    };
    await finishOne();
    expect(kit.runtime.running.size).toBe(2);
    kit.clock.advance(1000);
    await finishOne();
    expect(kit.runtime.running.size).toBe(1);
    await finishOne();
    expect([...kit.runtime.running].map(({ instanceId }) => instanceId)).toEqual(["fresh"]);
    (await kit.runtime.call("fresh")).resolve();
    await waiting.wait();
    await turns();
    expect(kit.runtime.running.size).toBe(2);
  });

  test("what fits beside the reservation still starts", async () => {
    await using kit = queueKit({
      lanes: 4,
      starvingAfterMs: 1000,
      instances: {
        a: { profile: { gpuMb: 6000 } },
        big: { profile: { gpuMb: 7000 } },
        cpu: { profile: {} },
        b: { profile: { gpuMb: 3000 } },
      },
    });
    kit.runtime.status = gpu(10_000, 10_000);
    await kit.queue.submit({ instanceId: "a" });
    await kit.queue.submit({ instanceId: "big" });
    await turns();
    kit.clock.advance(1000);
    await kit.queue.submit({ instanceId: "b" });
    await kit.queue.submit({ instanceId: "cpu" });
    await turns();
    expect([...kit.runtime.running].map(({ instanceId }) => instanceId)).toEqual(["a", "cpu"]);
  });
});

describe("faults of the runtime", () => {
  test("a profile that cannot be read does not end the dispatcher; the job measures again", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, script: () => "ok" } } });
    kit.runtime.profileError = new Error("database is locked");
    expect(await kit.queue.run({ instanceId: "a" })).toBe("ok");
    expect(kit.internalErrors.length).toBeGreaterThan(0);
    kit.runtime.profileError = null;
    expect(await kit.queue.run({ instanceId: "a" })).toBe("ok");
  });

  test("a describe that throws fails that job alone", async () => {
    await using kit = queueKit({ instances: { a: { profile: {} }, b: { profile: {}, script: () => "ok" } } });
    const first = await kit.queue.submit({ instanceId: "a" });
    const call = await kit.runtime.call("a");
    const second = await kit.queue.submit({ instanceId: "a" });
    const describeInstance = kit.runtime.describe.bind(kit.runtime);
    kit.runtime.describe = (instanceId) => {
      if (instanceId === "a") throw new Error("cannot say");
      return describeInstance(instanceId);
    };
    call.resolve();
    await first.wait();
    await expect(second.result()).rejects.toThrow("cannot say");
    expect(await kit.queue.run({ instanceId: "b" })).toBe("ok");
  });

  test("a system monitor that hangs or fails counts as none", async () => {
    await using kit = queueKit({ instances: { a: { profile: { gpuMb: 10 }, script: () => "ok" } } });
    kit.runtime.systemStatus = () => new Promise(() => {});
    const slow = kit.queue.run({ instanceId: "a" });
    await turns();
    kit.clock.advance(2000);
    expect(await slow).toBe("ok");
    kit.runtime.systemStatus = () => Promise.reject(new Error("gone"));
    kit.clock.advance(20_000);
    expect(await kit.queue.run({ instanceId: "a" })).toBe("ok");
  });
});
