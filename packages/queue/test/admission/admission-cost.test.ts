import { beforeEach, describe, expect, test, vi } from "vitest";
import * as rules from "../../src/admission/admission-rules.ts";
import type { QueueHooks } from "../../src/index.ts";
import { type FakeInstance, FakeRuntime } from "../fake-runtime.ts";
import { type QueueKit, queueKit, turns } from "../queue-kit.ts";

vi.mock("../../src/admission/admission-rules.ts", async (importOriginal) => {
  const original = await importOriginal<typeof rules>();
  return { ...original, judge: vi.fn(original.judge) };
});

const judge = vi.mocked(rules.judge);
beforeEach(() => void judge.mockClear());

const FREE = 20;
const ROUNDS = 5;

/** Counts what the queue asks of an instance. */
class CountingRuntime extends FakeRuntime {
  readonly asked = { describe: 0, profile: 0, residency: 0 };

  override describe(instanceId: string) {
    this.asked.describe += 1;
    return super.describe(instanceId);
  }

  override profile(instanceId: string) {
    this.asked.profile += 1;
    return super.profile(instanceId);
  }

  override residency(instanceId: string) {
    this.asked.residency += 1;
    return super.residency(instanceId);
  }
}

const held: QueueHooks = { name: "gate", onAdmit: ({ instanceId }) => (instanceId === "blocked" ? { reason: "shut" } : null) };

/** A queue with one instance whose jobs are kept out, and others that are free; counts what dispatching on the others costs. */
async function costBeside(
  blockedJobs: number,
  blocked: FakeInstance,
  hooks: readonly QueueHooks[],
): Promise<{ readonly judged: number; readonly asked: CountingRuntime["asked"] }> {
  const free = Array.from({ length: FREE }, (_, index) => [`free-${index}`, { profile: {}, script: () => null }] as const);
  const runtime = new CountingRuntime({ blocked, ...Object.fromEntries(free) });
  runtime.status = { memoryAvailableMb: 64_000, gpuType: "test", gpuTotalMb: 10_000, gpuFreeMb: 0, gpuLoadPercent: 0 };
  await using kit: QueueKit = queueKit({ runtime, hooks, lanes: 4, starvingAfterMs: 1e9 });
  await Promise.all(Array.from({ length: blockedJobs }, () => kit.queue.submit({ instanceId: "blocked" })));
  await turns();
  judge.mockClear();
  Object.assign(runtime.asked, { describe: 0, profile: 0, residency: 0 });
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all(free.map(([instanceId]) => kit.queue.run({ instanceId })));
  }
  await turns();
  expect(kit.queue.stats().ended.completed).toBe(FREE * ROUNDS);
  expect(kit.queue.stats().pending).toBe(blockedJobs);
  return { judged: judge.mock.calls.length, asked: { ...runtime.asked } };
}

describe.each<[string, FakeInstance, readonly QueueHooks[]]>([
  ["the machine has no room", { profile: { gpuMb: 8000 } }, []],
  ["an extension says no", { profile: {} }, [held]],
])("jobs for which %s", (_, blocked, hooks) => {
  test("cost dispatching nothing, however many they are", async () => {
    const one = await costBeside(1, { ...blocked }, hooks);
    const many = await costBeside(10_000, { ...blocked }, hooks);
    expect(many).toEqual(one);
    // Each job that starts or ends is a reason to look at the heads, once for each instance at most.
    expect(one.judged).toBeLessThanOrEqual(3 * FREE * ROUNDS * (FREE + 1));
    expect(one.asked.profile).toBeLessThanOrEqual(3 * FREE * ROUNDS * (FREE + 1));
  });
});

test("one look judges one job of each instance, whatever waits behind it", async () => {
  const instances = Object.fromEntries(["a", "b", "c"].map((id) => [id, { profile: { memoryMb: 40_000 } }]));
  await using kit = queueKit({ lanes: 2, instances });
  for (const instanceId of ["a", "b", "c"]) await Promise.all(Array.from({ length: 500 }, () => kit.queue.submit({ instanceId })));
  await turns();
  expect(kit.runtime.running.size).toBe(1);
  judge.mockClear();
  kit.queue.recheck();
  await turns();
  // The next job of a is in line behind its own instance's call; those of b and c lack memory.
  expect(judge.mock.calls.map(([{ instanceId }]) => instanceId).sort()).toEqual(["a", "b", "c"]);
});
