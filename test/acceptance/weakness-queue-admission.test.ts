import type { SystemStatus } from "@cjm/core";
import { describe, expect, test } from "vitest";
import { type FakeInstance, FakeRuntime } from "../../packages/queue/test/fake-runtime.ts";
import { type KitOptions, type QueueKit, queueKit, turns } from "../../packages/queue/test/queue-kit.ts";

const status: SystemStatus = { memoryAvailableMb: 64_000, gpuType: "NVIDIA", gpuTotalMb: 10_000, gpuFreeMb: 10_000, gpuLoadPercent: 0 };
const gpu = (gpuMb: number): FakeInstance => ({ profile: { gpuMb } });
const memory = (memoryMb: number): FakeInstance => ({ profile: { memoryMb } });

function kitWith(instances: Record<string, FakeInstance>, measured: Partial<SystemStatus> = {}, options: KitOptions = {}): QueueKit {
  const kit = queueKit({ instances, ...options });
  kit.runtime.status = { ...status, ...measured };
  return kit;
}

async function pass({ clock }: QueueKit, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    clock.advance(1000);
    await turns();
  }
}

const running = ({ runtime }: QueueKit) => [...runtime.running].map(({ instanceId }) => instanceId);

describe("a job that waits, when nothing but the machine changes (7.1: 13)", () => {
  test.each<[string, FakeInstance, Partial<SystemStatus>, Partial<SystemStatus>]>([
    ["GPU memory", gpu(8000), { gpuFreeMb: 5000 }, { gpuFreeMb: 9000 }],
    ["memory", memory(40_000), { memoryAvailableMb: 30_000 }, { memoryAvailableMb: 50_000 }],
  ])("starts when %s is free, though nobody tells", async (_, instance, before, after) => {
    await using kit = kitWith({ a: instance }, before);
    await kit.queue.submit({ instanceId: "a" });
    await turns();
    await pass(kit, 30);
    expect(running(kit)).toEqual([]);
    kit.runtime.status = { ...status, ...after };
    await pass(kit, 1);
    expect(running(kit)).toEqual(["a"]);
  });

  test("asks for room again when its pause is over, on an idle machine", async () => {
    await using kit = kitWith({ a: gpu(8000) }, { gpuFreeMb: 5000 });
    let asked = 0;
    Object.assign(kit.runtime, {
      makeRoom: async () => {
        asked += 1;
        return { freedMb: 0 };
      },
    });
    await kit.queue.submit({ instanceId: "a" });
    await turns();
    await pass(kit, 60);
    expect(asked).toBe(5);
  });
});

describe("two jobs that have not taken anything yet (7.1: 16)", () => {
  test.each<[string, FakeInstance, Partial<SystemStatus>]>([
    ["4000 MB each of 4500 MB of GPU memory", gpu(4000), { gpuFreeMb: 4500 }],
    ["40 GB each of 64 GB of memory", memory(40_000), {}],
    ["30 GB each of which 50 GB are free", memory(30_000), { memoryAvailableMb: 50_000 }],
  ])("do not both start: %s", async (_, instance, measured) => {
    await using kit = kitWith({ a: { ...instance }, b: { ...instance } }, measured);
    await Promise.all(["a", "b"].map((instanceId) => kit.queue.submit({ instanceId })));
    await turns();
    await pass(kit, 5);
    expect(running(kit)).toEqual(["a"]);
  });
});

test("a job that takes more memory than there is fails at once, with the numbers (7.1: 17)", async () => {
  await using kit = kitWith({ huge: memory(400_000) });
  const job = await (await kit.queue.submit({ instanceId: "huge" })).wait();
  expect(job).toMatchObject({
    status: "failed",
    error: {
      category: "resource",
      retriable: false,
      resource_shortfall: { resource: "system_ram_mb", needed: 400_000, available: 64_000 },
    },
  });
});

describe("a stream of small jobs (7.1: 18)", () => {
  const KEPT_OUT: readonly [string, FakeInstance][] = [
    ["one that was never measured", {}],
    ["one that needs most of the GPU", gpu(8500)],
    ["one that needs most of the memory", memory(60_000)],
  ];

  test.each(KEPT_OUT.flatMap(([what, big]) => [0, 100].map((priority) => ({ what, big, priority }))))(
    "does not keep out $what, of priority $priority",
    async ({ big, priority }) => {
      const small = { profile: { gpuMb: 1000, memoryMb: 6000 }, cap: 2 };
      await using kit = kitWith({ small, big: { ...big } }, {}, { lanes: 3, starvingAfterMs: 2000 });
      const submit = (): Promise<unknown> => kit.queue.submit({ instanceId: "small" });
      await Promise.all([submit(), submit()]);
      await kit.queue.submit({ instanceId: "big", priority });
      let rounds = 0;
      for (; rounds < 50 && !running(kit).includes("big"); rounds++) {
        await submit();
        [...kit.runtime.running][0]?.resolve();
        await pass(kit, 1);
      }
      // Two seconds until it counts as starving, and one for each of the two that ran then.
      expect(rounds).toBeLessThanOrEqual(5);
    },
  );
});

test("a disabled named instance is refused by its own id, an unknown one at once (7.1: 29)", async () => {
  await using kit = kitWith({ tool: { profile: {} }, "tool-2": { profile: {}, enabled: false } });
  const refused = (instanceId: string) => expect(kit.queue.submit({ instanceId })).rejects;
  await refused("tool-2").toMatchObject({ code: "CJM_CAPABILITY_DISABLED", details: { instanceId: "tool-2" } });
  await refused("nobody").toMatchObject({ code: "CJM_CAPABILITY_NOT_LOADED" });
  expect(kit.queue.list()).toEqual([]);
});

test("a dispatcher outlives whatever its sources throw (7.1: 5)", async () => {
  class Throwing extends FakeRuntime {
    failing = new Set<string>();
    #throwIf(source: string): void {
      if (this.failing.has(source)) throw new Error(`${source} is broken`);
    }
    override profile(instanceId: string) {
      this.#throwIf("profile");
      return super.profile(instanceId);
    }
    override residency(instanceId: string) {
      this.#throwIf("residency");
      return super.residency(instanceId);
    }
    override async systemStatus() {
      this.#throwIf("systemStatus");
      return await super.systemStatus();
    }
  }
  const runtime = new Throwing({ a: { profile: { gpuMb: 100, memoryMb: 10_000 }, script: () => "ran" } });
  runtime.status = status;
  await using kit = queueKit({ runtime });
  for (const source of ["profile", "residency", "systemStatus"]) {
    runtime.failing = new Set([source]);
    kit.clock.advance(60_000);
    expect(await kit.queue.run({ instanceId: "a" })).toBe("ran");
  }
  runtime.failing.clear();
  expect(await kit.queue.run({ instanceId: "a" })).toBe("ran");
  expect(kit.internalErrors.length).toBeGreaterThanOrEqual(3);
});
