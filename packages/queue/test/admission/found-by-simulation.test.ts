import type { SystemStatus } from "@cjm/core";
import { expect, test } from "vitest";
import { type FakeInstance, FakeRuntime } from "../fake-runtime.ts";
import { queueKit, turns } from "../queue-kit.ts";

const status: SystemStatus = { memoryAvailableMb: 16_000, gpuType: null, gpuTotalMb: null, gpuFreeMb: null, gpuLoadPercent: null };
const memory = (memoryMb: number): FakeInstance => ({ profile: { memoryMb } });
const machine = { machineMemoryMb: 16_000, lanes: 4 };
const running = ({ running: calls }: FakeRuntime) => [...calls].map(({ instanceId }) => instanceId);

/** Lets all calls of a runtime end, so that its queue can. @returns where they ran */
function ended({ running: calls }: FakeRuntime): string[] {
  const instanceIds = [...calls].map(({ instanceId }) => instanceId);
  for (const call of calls) call.resolve();
  return instanceIds;
}

/** Workers that hold what a test says. */
class HoldingRuntime extends FakeRuntime {
  readonly holds = new Map<string, number>();
  override status = status;

  override residency(instanceId: string) {
    const memoryMb = this.holds.get(instanceId);
    return memoryMb === undefined ? null : { memoryMb, gpuMb: 0 };
  }
}

test("what a worker kept when its job ended is not free until the machine is measured again", async () => {
  const runtime = new HoldingRuntime({ first: memory(9000), next: memory(8000) });
  await using kit = queueKit({ runtime, ...machine });
  const first = await kit.queue.submit({ instanceId: "first" });
  const call = await runtime.call("first");
  runtime.holds.set("first", 9000);
  call.resolve("done");
  await first.result();
  await kit.queue.submit({ instanceId: "next" });
  await turns();
  expect(running(runtime)).toEqual([]);
  runtime.holds.delete("first");
  kit.clock.advance(1000);
  await turns();
  expect(ended(runtime)).toEqual(["next"]);
});

test("a running job that levels off lower than it was measured makes room without anything else happening", async () => {
  const runtime = new HoldingRuntime({ large: memory(15_000), small: memory(3000) });
  await using kit = queueKit({ runtime, ...machine });
  await kit.queue.submit({ instanceId: "large" });
  await runtime.call("large");
  runtime.holds.set("large", 8000);
  runtime.status = { ...status, memoryAvailableMb: 8000 };
  await kit.queue.submit({ instanceId: "small" });
  await turns();
  expect(running(runtime)).toEqual(["large"]);
  for (let second = 0; second < 7; second++) {
    kit.clock.advance(1000);
    await turns();
  }
  expect(ended(runtime)).toEqual(["large", "small"]);
});

test("when a waiting job ends, what it kept waiting is looked at", async () => {
  const gate = { name: "gate", onAdmit: ({ priority }: { readonly priority: number }) => (priority > 0 ? { reason: "shut" } : null) };
  await using kit = queueKit({ instances: { a: { profile: {} } }, hooks: [gate] });
  const held = await kit.queue.submit({ instanceId: "a", priority: 1 });
  await kit.queue.submit({ instanceId: "a" });
  await turns();
  expect(running(kit.runtime)).toEqual([]);
  held.cancel();
  await turns();
  expect(running(kit.runtime)).toEqual(["a"]);
});

test("a wait is explained also while the instance of another waiting job is disabled", async () => {
  const gone: FakeInstance = { profile: {} };
  await using kit = queueKit({ instances: { a: { profile: {} }, gone }, lanes: 1 });
  await kit.queue.submit({ instanceId: "a" });
  await kit.runtime.call("a");
  const waiting = await kit.queue.submit({ instanceId: "a" });
  await kit.queue.submit({ instanceId: "gone" });
  gone.enabled = false;
  expect(kit.queue.explain(waiting.jobId)).toMatchObject({ kind: "lanes" });
});

test("room is asked for also while others run alone, one after another", async () => {
  const asked: string[] = [];
  const runtime = new HoldingRuntime({ new: { script: () => "done" }, large: memory(12_000) });
  runtime.status = { ...status, memoryAvailableMb: 4000 };
  Object.assign(runtime, {
    makeRoom: async ({ reason }: { readonly reason: string }) => {
      asked.push(reason);
      return { freedMb: 0 };
    },
  });
  await using kit = queueKit({ runtime, ...machine });
  await Promise.all([kit.queue.submit({ instanceId: "large", priority: 1 }), kit.queue.submit({ instanceId: "new" })]);
  expect(await kit.queue.run({ instanceId: "new" })).toBe("done");
  await turns();
  expect(asked).toHaveLength(1);
});
