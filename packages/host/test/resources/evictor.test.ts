import type { ProfileKey, ResourceProfile, ResourceSample } from "@cjm/core";
import { foldSample, systemClock } from "@cjm/core";
import { until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import type { CapabilityManagerOptions, ProfileStore, SchedulingPolicy } from "../../src/index.ts";
import { QueuePolicy, safetyPolicy } from "../../src/index.ts";
import { ManagerFixture } from "../manager-fixture.ts";

const STATUS = { memory_available_mb: 64_000, gpu_type: "x", gpu_total_memory_mb: 24_000, gpu_free_memory_mb: 1_000 };

class MemoryProfiles implements ProfileStore {
  readonly #profiles = new Map<string, ResourceProfile>();

  get(instanceId: string, configHash: string): ResourceProfile | null {
    return this.#profiles.get(`${instanceId} ${configHash}`) ?? null;
  }

  record(key: ProfileKey, sample: ResourceSample): ResourceProfile {
    const profile = foldSample(this.get(key.instanceId, key.configHash), key, sample);
    this.#profiles.set(`${key.instanceId} ${key.configHash}`, profile);
    return profile;
  }
}

/** A machine whose monitor says that each process holds what the test says. */
async function machine(heldMb: Readonly<Record<string, number | null>>, options: Partial<CapabilityManagerOptions> = {}) {
  const profiles = new MemoryProfiles();
  const fixture = await ManagerFixture.create({ profiles, ...options });
  for (const name of Object.keys(heldMb)) {
    fixture.script(name);
    await fixture.manager.load(name, { maxConcurrentCalls: 2 });
  }
  const processes = Object.entries(heldMb).map(([name, gpu_memory_mb]) => ({ pid: fixture.summary(name).pid, gpu_memory_mb }));
  fixture.script("monitor", { systemStatus: JSON.stringify(STATUS), processes: JSON.stringify(processes) });
  await fixture.manager.load("monitor");
  fixture.manager.bindSystemMonitor("monitor");
  const remember = (instanceId: string, gpuMemoryPeakMb: number): void => {
    const { configHash } = fixture.summary(instanceId);
    const sample = { cpuPercent: 0, memoryPeakMb: 1, gpuMemoryPeakMb, durationMs: 1, success: true, observedAt: 0, usage: {} };
    profiles.record({ instanceId, capabilityName: instanceId, configHash }, sample);
  };
  return { fixture, remember };
}

describe("making room", () => {
  test("ends the largest idle worker; its instance stays and starts with the next call", async () => {
    const { fixture } = await machine({ large: 9_912, small: 1_992, hollow: 10 });
    await using _closed = fixture;
    const { pid } = fixture.summary("large");
    expect(await fixture.manager.makeRoom({ resource: "gpu", shortfallMb: 3_000, keep: [], reason: "a job waits" })).toEqual({
      freedMb: 9_912,
      evicted: ["large"],
    });
    expect(fixture.summary("large")).toMatchObject({ state: "cold", pid: null });
    await fixture.writer.flushed();
    expect(fixture.rows("instance_evicted")).toEqual([{ resource: "gpu", freed_mb: 9_912, reason: "a job waits" }]);
    expect(fixture.rows("worker_died")).toMatchObject([{ phase: "evicted", reason: "a job waits" }]);
    expect(await fixture.call("large", { action: "pid" })).not.toBe(pid);
  });

  test("touches nobody who is busy, waited for, kept, hollow or the monitor", async () => {
    const { fixture } = await machine({ busy: 9_000, kept: 8_000, hollow: 63, free: 500, monitorLike: 70 });
    await using _closed = fixture;
    const running = fixture.begin("busy", { action: "wait" }, { jobId: "b" });
    await until("it runs", () => fixture.diagnostics.records.length === 1);
    const room = await fixture.manager.makeRoom({ resource: "gpu", shortfallMb: null, keep: ["kept"], reason: "r" });
    expect(room).toEqual({ freedMb: 570, evicted: ["free", "monitorLike"] });
    await fixture.manager.requestCancel("busy", "b");
    await running;
  });

  test("where nobody measures now, what runs took before decides; who was never measured stays", async () => {
    const { fixture, remember } = await machine({ known: null, unknown: null });
    await using _closed = fixture;
    remember("known", 4_000);
    expect(fixture.manager.evictable("gpu")).toEqual([{ instanceId: "known", holdsMb: 4_000, reloadMs: expect.any(Number) }]);
    expect(await fixture.manager.makeRoom({ resource: "gpu", shortfallMb: null, keep: [], reason: "r" })).toEqual({
      freedMb: 4_000,
      evicted: ["known"],
    });
    expect(fixture.manager.evictable("gpu")).toEqual([]);
  });

  test("two who are short of the same room do not end twice as much", async () => {
    const { fixture } = await machine({ a: 5_000, b: 5_000 });
    await using _closed = fixture;
    const request = { resource: "gpu", shortfallMb: 3_000, keep: [], reason: "r" } as const;
    const rooms = await Promise.all([
      fixture.manager.makeRoom({ ...request, keep: ["b"] }),
      fixture.manager.makeRoom({ ...request, keep: ["b"] }),
    ]);
    expect(rooms.map(({ evicted }) => evicted)).toEqual([["a"], []]);
  });

  test("of memory weighs what a worker holds that never ran anything", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", { holdMb: 200 });
    await fixture.manager.load("tool");
    expect(fixture.manager.evictable("memory")).toEqual([]);
    const { evicted, freedMb } = await fixture.manager.makeRoom({ resource: "memory", shortfallMb: 100, keep: [], reason: "r" });
    expect(evicted).toEqual(["tool"]);
    expect(freedMb).toBeGreaterThan(200);
  });
});

describe("a call that needs room", () => {
  const short = { action: "exhausted", times: 1, resource: "gpu_vram_mb", needed: 5_000, available: 1_000 };

  test("after it ran out gets it from idle workers, and never from those that waiting jobs want", async () => {
    const { fixture, remember } = await machine({ needy: 100, wanted: 9_000, idle: 8_000 });
    await using _closed = fixture;
    remember("needy", 3_000);
    await fixture.call("needy", short, { keep: () => ["wanted"] });
    expect(fixture.summary("wanted").state).toBe("ready");
    expect(fixture.summary("idle").state).toBe("cold");
  });

  test("by a policy that guards the machine is refused when nobody can make room", async () => {
    const { fixture, remember } = await machine({ needy: 0 }, { policy: safetyPolicy });
    await using _closed = fixture;
    remember("needy", 3_000);
    await expect(fixture.call("needy", {})).rejects.toMatchObject({
      code: "CJM_RESOURCE_EXHAUSTED",
      retriable: false,
      message: "needy takes 3000 MB of GPU memory and 1000 MB are free; no idle worker could make room.",
      details: { instanceId: "needy", resource: "gpu", shortfallMb: 2_000 },
    });
    expect(fixture.summary("needy").runningCalls).toBe(0);
  });

  test("is asked for after its turn, so that who waits for one is not refused for what runs before it", async () => {
    const asked: boolean[] = [];
    const policy: SchedulingPolicy = {
      decide: ({ isLastAsk }) => {
        asked.push(isLastAsk);
        return isLastAsk ? { kind: "start" } : { kind: "refuse", reason: "not yet", resource: "gpu", shortfallMb: 1 };
      },
    };
    const { fixture } = await machine({ needy: 0, idle: 500 }, { policy });
    await using _closed = fixture;
    await fixture.call("needy", {});
    expect(asked).toEqual([false, true]);
    expect(fixture.summary("idle").state).toBe("cold");
  });

  test("by the waiting policy starts when it fits", async () => {
    const { fixture, remember } = await machine({ needy: 0 }, { policy: new QueuePolicy(systemClock, 20_000) });
    await using _closed = fixture;
    remember("needy", 900);
    await expect(fixture.call("needy", { fits: true })).resolves.toEqual({ fits: true });
  });
});
