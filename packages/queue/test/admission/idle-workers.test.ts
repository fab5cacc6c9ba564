import { expect, test } from "vitest";
import type { MakeRoomRequest } from "../../src/capability-runtime.ts";
import type { FakeInstance } from "../fake-runtime.ts";
import { type QueueKit, queueKit, turns } from "../queue-kit.ts";

const GPU_MB = 10_000;
const holding = (gpuMb: number, residentMb: number, rest: FakeInstance = {}): FakeInstance => ({
  profile: { gpuMb },
  residency: { memoryMb: null, gpuMb: residentMb },
  ...rest,
});

/** A GPU on which idle workers hold what their residency says, until they are ended. */
function gpuWith(instances: Record<string, FakeInstance>): QueueKit {
  const kit = queueKit({ lanes: 2, instances });
  const { runtime } = kit;
  const busy = (): Set<string> => new Set([...runtime.running].map(({ instanceId }) => instanceId));
  Object.assign(runtime, {
    systemStatus: async () => {
      const held = [...runtime.instances.values()].reduce((sum, { residency }) => sum + (residency?.gpuMb ?? 0), 0);
      return { memoryAvailableMb: 64_000, gpuType: "test", gpuTotalMb: GPU_MB, gpuFreeMb: GPU_MB - held, gpuLoadPercent: 0 };
    },
    makeRoom: async ({ keep }: MakeRoomRequest) => {
      const kept = new Set([...keep, ...busy()]);
      let freedMb = 0;
      for (const [id, instance] of runtime.instances) {
        if (kept.has(id)) continue;
        freedMb += instance.residency?.gpuMb ?? 0;
        instance.residency = { memoryMb: null, gpuMb: 0 };
      }
      return { freedMb };
    },
  });
  return kit;
}

async function pass({ clock }: QueueKit, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    clock.advance(1000);
    await turns();
  }
}

test("two that wait for what the other's idle worker holds do not wait for ever", async () => {
  await using kit = gpuWith({ a: holding(9000, 3000), b: holding(9000, 4000) });
  const jobs = await Promise.all(["a", "b"].map((instanceId) => kit.queue.submit({ instanceId })));
  await turns();
  expect(kit.runtime.running.size).toBe(0);
  await pass(kit, 5);
  expect([...kit.runtime.running].map(({ instanceId }) => instanceId)).toEqual(["a"]);
  (await kit.runtime.call("a")).resolve();
  await jobs[0]?.wait();
  await pass(kit, 20);
  expect([...kit.runtime.running].map(({ instanceId }) => instanceId)).toEqual(["b"]);
});

test("a job that needs the memory of an idle worker is not passed for ever by the jobs of that worker", async () => {
  await using kit = gpuWith({ warm: holding(6000, 6000), big: holding(6000, 0) });
  await kit.queue.submit({ instanceId: "warm" });
  await kit.runtime.call("warm");
  await kit.queue.submit({ instanceId: "big" });
  const finished: string[] = [];
  for (let round = 0; round < 20 && !finished.includes("big"); round++) {
    await kit.queue.submit({ instanceId: "warm" });
    for (const call of new Set(kit.runtime.running)) {
      finished.push(call.instanceId);
      call.resolve();
    }
    await pass(kit, 1);
  }
  expect(finished).toContain("big");
  expect(finished.length).toBeLessThan(6);
});
