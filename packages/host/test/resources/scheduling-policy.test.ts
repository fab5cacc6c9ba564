import type { SystemStatus } from "@cjm/core";
import { ManualClock } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { fits, permissivePolicy, QueuePolicy, type SchedulingRequest, safetyPolicy } from "../../src/resources/scheduling-policy.ts";

const STATUS: SystemStatus = { memoryAvailableMb: 4000, gpuType: "x", gpuTotalMb: 10_000, gpuFreeMb: 1000, gpuLoadPercent: null };

function request(more: Partial<SchedulingRequest> = {}): SchedulingRequest {
  return {
    instanceId: "tool",
    capabilityName: "tool",
    requiresGpu: false,
    sizes: { memoryMb: 1000, gpuMb: 500 },
    resident: null,
    status: async () => STATUS,
    isLastAsk: true,
    signal: new AbortController().signal,
    ...more,
  };
}

describe("what fits", () => {
  test.each<[string, Partial<SchedulingRequest>, SystemStatus | null, object]>([
    ["both", {}, STATUS, { kind: "start" }],
    ["never measured", { sizes: null }, STATUS, { kind: "start" }],
    ["nobody measures the machine", { sizes: { memoryMb: 1e9, gpuMb: 1e9 } }, null, { kind: "start" }],
    ["a size that was not measured", { sizes: { memoryMb: null, gpuMb: null } }, STATUS, { kind: "start" }],
    [
      "a free figure that was not measured",
      { sizes: { memoryMb: 1e9, gpuMb: 0 } },
      { ...STATUS, memoryAvailableMb: null },
      { kind: "start" },
    ],
    ["exactly", { sizes: { memoryMb: 4000, gpuMb: 1000 } }, STATUS, { kind: "start" }],
    ["too much GPU", { sizes: { memoryMb: 1, gpuMb: 1500 } }, STATUS, { kind: "refuse", resource: "gpu", shortfallMb: 500 }],
    ["too much memory", { sizes: { memoryMb: 4001, gpuMb: 1 } }, STATUS, { kind: "refuse", resource: "memory", shortfallMb: 1 }],
    ["both too much: the GPU is said first", { sizes: { memoryMb: 9e9, gpuMb: 1100 } }, STATUS, { resource: "gpu", shortfallMb: 100 }],
    [
      "what its own worker holds already is its own",
      { sizes: { memoryMb: 1, gpuMb: 6000 }, resident: { memoryMb: 1, gpuMb: 6000 } },
      { ...STATUS, gpuFreeMb: 0 },
      { kind: "start" },
    ],
  ])("%s", (_name, more, status, decision) => {
    expect(fits(request(more), status)).toMatchObject(decision);
  });

  test("a refusal says what is needed and what there is", () => {
    expect(fits(request({ sizes: { memoryMb: 1, gpuMb: 1500.4 } }), STATUS)).toMatchObject({
      reason: "tool takes 1500 MB of GPU memory and 1000 MB are free",
    });
  });
});

describe("policies", () => {
  test("the permissive one asks nobody", async () => {
    const status = () => Promise.reject(new Error("was asked"));
    expect(await permissivePolicy.decide(request({ status }))).toEqual({ kind: "start" });
  });

  test("the safe one asks only where there is something to compare", async () => {
    let asked = 0;
    const status = async () => {
      asked += 1;
      return STATUS;
    };
    await safetyPolicy.decide(request({ sizes: null, status }));
    expect(asked).toBe(0);
    expect(await safetyPolicy.decide(request({ sizes: { memoryMb: 9e9, gpuMb: null }, status }))).toMatchObject({ kind: "refuse" });
    expect(asked).toBe(1);
  });
});

describe("the waiting one", () => {
  const TOO_MUCH = { memoryMb: 5000, gpuMb: null };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  test("lets room be made before it waits", async () => {
    const policy = new QueuePolicy(new ManualClock());
    expect(await policy.decide(request({ sizes: TOO_MUCH, isLastAsk: false }))).toMatchObject({ kind: "refuse" });
  });

  test("starts when a call has ended and it fits then", async () => {
    const policy = new QueuePolicy(new ManualClock());
    let free = 4000;
    const decision = policy.decide(request({ sizes: TOO_MUCH, status: async () => ({ ...STATUS, memoryAvailableMb: free }) }));
    await settle();
    free = 6000;
    policy.ended();
    await expect(decision).resolves.toEqual({ kind: "start" });
  });

  test("looks again each second, and refuses at last", async () => {
    const clock = new ManualClock();
    const policy = new QueuePolicy(clock, 2_500);
    let looks = 0;
    const status = async () => {
      looks += 1;
      return STATUS;
    };
    let decision: unknown = null;
    void Promise.resolve(policy.decide(request({ sizes: TOO_MUCH, status }))).then((decided) => {
      decision = decided;
    });
    for (let second = 1; second <= 3; second++) {
      await settle();
      expect([looks, decision]).toEqual([second, null]);
      clock.advance(1_000);
    }
    await settle();
    expect(decision).toMatchObject({ kind: "refuse", resource: "memory", shortfallMb: 1000 });
  });

  test("can be given up", async () => {
    const controller = new AbortController();
    const decision = new QueuePolicy(new ManualClock()).decide(request({ sizes: TOO_MUCH, signal: controller.signal }));
    controller.abort(new Error("no longer wanted"));
    await expect(decision).rejects.toThrow("no longer wanted");
  });
});
