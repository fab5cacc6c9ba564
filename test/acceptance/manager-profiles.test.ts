import type { JsonObject, ResourceSample } from "@cjm/core";
import { describe, expect, test } from "vitest";
import { AcceptanceHost } from "./kit/acceptance-host.ts";
import { Machine } from "./kit/machine.ts";
import { installProbes, LANGUAGES } from "./kit/real-workers.ts";

describe("resource profiles (39)", () => {
  test("three samples, the last of them failed: means, maxima, the share that succeeded", async () => {
    await using host = await AcceptanceHost.create();
    const key = { instanceId: "i", capabilityName: "c", configHash: "sha256:x" };
    const figures = [
      { cpuPercent: 20, memoryPeakMb: 1000, gpuMemoryPeakMb: 5000, success: true },
      { cpuPercent: 40, memoryPeakMb: 1500, gpuMemoryPeakMb: 7000, success: true },
      { cpuPercent: 60, memoryPeakMb: 1200, gpuMemoryPeakMb: 6500, success: false },
    ];
    for (const each of figures) {
      const sample: ResourceSample = { ...each, durationMs: 1, observedAt: 0, usage: {} };
      host.profiles.record(key, sample);
    }
    const profile = host.profiles.get("i", "sha256:x");
    expect(profile).toMatchObject({ sampleCount: 3, successCount: 2, memoryPeakMaxMb: 1500, gpuMemoryPeakMaxMb: 7000 });
    expect(profile?.cpuPercentMean).toBeCloseTo(40, 5);
    expect(profile?.memoryPeakMeanMb).toBeCloseTo(1233.33, 2);
    expect(profile?.gpuMemoryPeakMeanMb).toBeCloseTo(6166.67, 2);
  });

  test("the same configuration in another order is the same record; another configuration or instance is another", async () => {
    await using host = await AcceptanceHost.create();
    host.install("tool");
    const loads: readonly [string, JsonObject][] = [
      ["one", { model: "large", beams: 4 }],
      ["two", { beams: 4, model: "large" }],
      ["three", { model: "small", beams: 4 }],
    ];
    for (const [instanceId, config] of loads) await host.manager.load("tool", { instanceId, config });
    const hashes = loads.map(([id]) => host.summary(id).configHash);
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
    for (const id of ["one", "one", "two", "three"]) await host.call(id);
    expect(loads.map(([id]) => host.manager.profile(id)?.sampleCount)).toEqual([2, 1, 1]);

    await host.manager.reload("one", { config: { beams: 4, model: "large" } });
    await host.call("one");
    expect(host.manager.profile("one")?.sampleCount).toBe(3);
    await host.manager.configuration.update("one", { model: "small", beams: 4 });
    expect(host.summary("one").configHash).toBe(hashes[2]);
    expect(host.manager.profile("one")).toBeNull();
  });

  test.each(LANGUAGES)("what calls used adds up by unit (%s)", async (language) => {
    await using host = await AcceptanceHost.create();
    installProbes(host);
    await host.manager.load(language);
    await host.call(language, { action: "usage", units: { tokens: 5 } });
    await host.call(language, { action: "usage", units: { tokens: 7, pages: 1 } });
    await host.call(language, { action: "echo", value: "uses nothing" });
    const failing = host.call(language, { action: "usage", units: { tokens: 1 }, ending: "fail" });
    await expect(failing).rejects.toMatchObject({ code: "CJM_CALL_TRANSIENT" });
    expect(host.manager.profile(language)).toMatchObject({ sampleCount: 4, successCount: 3, usageTotals: { tokens: 13, pages: 1 } });
  });

  test("memory is measured over the whole tree while the call runs", async () => {
    await using host = await AcceptanceHost.create();
    installProbes(host);
    await host.manager.load("node");
    await host.call("node", { action: "echo", value: 1 });
    const alone = host.manager.profile("node")?.memoryPeakMaxMb ?? 0;
    expect(alone).toBeGreaterThan(10);
    await host.call("node", { action: "spawn_child" });
    expect(host.manager.residency("node")?.memoryMb).toBeGreaterThan(10);
    expect(host.manager.profile("node")?.sizes.memoryMb).toBeGreaterThanOrEqual(alone);
  });

  test("GPU memory of a worker's child is the worker's, that of others is not", async () => {
    await using machine = await Machine.create();
    const { host } = machine;
    installProbes(host);
    await host.manager.load("node");
    const child = Number(await host.call("node", { action: "spawn_child", setsid: true }));
    machine.holds({}, [
      [child, 4096],
      [process.pid, 9999],
    ]);
    await host.call("node", { action: "echo", value: 1 });
    expect(host.manager.profile("node")?.sizes.gpuMb).toBe(4096);
    expect(host.manager.residency("node")?.gpuMb).toBe(4096);
  });

  test("a monitor that lists nothing of it measures zero; without a monitor nothing is known", async () => {
    await using measured = await Machine.create();
    await measured.host.load("tool");
    measured.holds({}, [[process.pid, 9999]]);
    await measured.host.call("tool");
    expect(measured.host.manager.profile("tool")?.sizes.gpuMb).toBe(0);

    await using blind = await Machine.create({}, null);
    await blind.host.load("tool");
    await blind.host.call("tool");
    expect(blind.host.manager.profile("tool")?.sizes).toEqual({ memoryMb: expect.any(Number), gpuMb: null });
    expect(blind.host.manager.residency("tool")?.gpuMb).toBeNull();
  });
});
