import type { Clock, JobSettlement, JobStore, StoredComposition } from "@cjm/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MemoryJobStore } from "../../src/index.ts";
import { countingIds, queueKit, ref, turns } from "../queue-kit.ts";
import { SurvivingStore } from "../surviving-store.ts";
import { documentOf, drawnComposition } from "./drawn-composition.ts";

/** A store that tells of members as they are, ended ones with the time of their end. */
class RememberingStore extends SurvivingStore {
  clock: Clock | null = null;

  override async settle(settlement: JobSettlement): Promise<boolean> {
    const isTaken = await super.settle(settlement);
    const job = this.ended.get(settlement.jobId);
    if (job !== undefined) this.ended.set(settlement.jobId, { ...job, endedAt: this.clock?.now() ?? 0 });
    return isTaken;
  }

  override async updateComposition(...[id, change]: Parameters<JobStore["updateComposition"]>): Promise<void> {
    const isOver = change.status !== undefined && change.status !== "running";
    await super.updateComposition(id, change);
    const composition = this.compositions.get(id);
    if (isOver && composition !== undefined) this.compositions.set(id, { ...composition, endedAt: this.clock?.now() ?? 0 });
  }

  override async findComposition(compositionId: string): Promise<StoredComposition | null> {
    return this.compositions.get(compositionId) ?? null;
  }

  override async members(compositionId: string) {
    const next = await this.afterDeath();
    return next.left.filter(({ job }) => job.spec.compositionId === compositionId);
  }
}

function remembering(options: Parameters<typeof queueKit>[0]) {
  const store = new RememberingStore();
  const kit = queueKit({ ...options, store });
  store.clock = kit.clock;
  return { kit, store };
}

/** Whether no two ended at the same time. */
function endsInDistinctMoments(members: Awaited<ReturnType<JobStore["members"]>>): boolean {
  return new Set(members.map(({ job }) => job.endedAt)).size === members.length;
}

describe("a composition that another host ran", () => {
  test("is told as its handle did, with states, times, results and failures", async () => {
    const { kit, store } = remembering({ lanes: 3, instances: { a: { profile: {}, cap: 3 } } });
    await using before = kit;
    const handle = await before.queue.submitComposition({
      name: "told",
      fail_fast: false,
      outputs: { doubled: ref("nodes.double") },
      nodes: {
        find: { capability: "a" },
        double: { capability: "a", for_each: ref("nodes.find"), on_item_error: "collect", args: { x: ref("item") } },
        skipped: { capability: "a", when: { ref: ref("nodes.find[0]"), equals: 7 } },
        inner: { composition: { name: "inner", nodes: { one: { capability: "a", after: [] } } }, after: ["find"] },
      },
    });
    const end = async (label: string, how: (call: Awaited<ReturnType<typeof before.runtime.call>>) => void): Promise<void> => {
      await turns();
      const call = before.runtime.calls.find(({ call: { envelope } }) => envelope.node_id === label);
      before.clock.advance(100);
      if (call === undefined) throw new Error(`${label} was not called`);
      how(call);
      await turns();
    };
    await end("find", (call) => call.resolve([1, 2]));
    await end("double[1]", (call) => call.reject(new TypeError("odd")));
    await end("inner/one", (call) => call.resolve("in"));
    await end("double[0]", (call) => call.resolve(2));
    const outcome = await handle.wait();
    expect(
      outcome.nodes.map(({ id, state, startedAt, endedAt }) => [
        id,
        state,
        (startedAt ?? 0) - outcome.startedAt,
        (endedAt ?? 0) - outcome.startedAt,
      ]),
    ).toEqual([
      ["find", "completed", 0, 100],
      ["double", "completed", 100, 400],
      ["skipped", "skipped", -outcome.startedAt, 100],
      ["inner", "completed", 100, 300],
      ["inner/one", "completed", 100, 300],
    ]);

    await using after = queueKit({ store });
    expect(after.queue.getComposition(handle.compositionId)).toBeNull();
    const recalled = await after.queue.recallComposition(handle.compositionId);
    expect({ ...recalled, failures: {} }).toEqual({ ...outcome, failures: {} });
    expect(recalled?.failures["double"]).toEqual([{ index: 1, item: 2, error: expect.objectContaining({ message: "odd" }) }]);
    expect(handle.plan.nodes.map(({ node }) => node.id)).toEqual(outcome.nodes.map(({ id }) => id));
  });

  test("is not known to a store that forgets", async () => {
    await using kit = queueKit({ store: new MemoryJobStore() });
    expect(await kit.queue.recallComposition("composition-9")).toBeNull();
  });
});

test("a host that goes on keeps the times of what was done before, and keeps what was done before the failure", async () => {
  const { kit, store } = remembering({ lanes: 3, instances: { a: { profile: {}, cap: 3 } } });
  await using before = kit;
  const handle = await before.queue.submitComposition({
    name: "resumed",
    nodes: {
      bad: { capability: "a" },
      good: { capability: "a" },
      after: { capability: "a", args: { x: ref("nodes.good") } },
      last: { capability: "a", args: { x: ref("nodes.after") } },
    },
  });
  await turns();
  before.clock.advance(100);
  before.runtime.calls[1]?.resolve("g");
  await turns();
  before.clock.advance(100);
  before.runtime.calls[2]?.resolve("x");
  await turns();
  before.clock.advance(100);
  before.runtime.calls[0]?.reject(new TypeError("late"));
  await turns();

  await using after = queueKit({ store: await store.afterDeath(), ids: countingIds("next-"), instances: { a: { profile: {}, cap: 3 } } });
  after.clock.advance(10_000);
  await after.queue.recover(["a"]);
  await turns();
  const outcome = await after.queue.waitComposition(handle.compositionId);
  const { startedAt } = handle.outcome();
  expect(outcome.startedAt).toBe(startedAt);
  expect(outcome.nodes.map(({ id, state, endedAt }) => [id, state, (endedAt ?? 0) - startedAt])).toEqual([
    ["bad", "failed", 300],
    ["good", "completed", 100],
    ["after", "completed", 200],
    // It would have to run again, and after the failure nothing starts.
    ["last", "cancelled", 10_000],
  ]);
});

test("whatever a composition went through: another host tells the same of it", async () => {
  await fc.assert(
    fc.asyncProperty(drawnComposition, async ({ failFast, nodes, steps }) => {
      const { kit, store } = remembering({ lanes: 3, instances: { a: { profile: {}, cap: 3, onCancel: (call) => call.resolve() } } });
      await using before = kit;
      const handle = await before.queue.submitComposition(documentOf(nodes, failFast), {});
      for (const { what, which } of steps.filter((step) => step.what === "end" || step.what === "fail")) {
        await turns(1);
        before.clock.advance(10);
        const running = [...before.runtime.running];
        if (running.length === 0) break;
        const call = running[which % running.length];
        if (what === "fail") call?.reject(new TypeError("drawn"));
        else call?.resolve(which);
      }
      const over = handle.wait();
      let isOver = false;
      void over.then(() => {
        isOver = true;
      });
      while (!isOver) {
        await turns(1);
        before.clock.advance(10);
        [...before.runtime.running][0]?.resolve(1);
      }
      const outcome = await over;
      // Which of several ends came first no store can tell when a clock stands still, as this one does; a real one does not.
      fc.pre(endsInDistinctMoments(await store.members(handle.compositionId)));
      await using after = queueKit({ store });
      const recalled = await after.queue.recallComposition(handle.compositionId);
      const told = (seen: typeof recalled) =>
        seen?.nodes.map(({ id, state, startedAt, endedAt, items }) => ({ id, state, startedAt, endedAt, items }));
      expect(told(recalled)).toEqual(told(outcome));
      expect(recalled).toMatchObject({ status: outcome.status, results: outcome.results, outputs: outcome.outputs });
    }),
    { numRuns: 200 },
  );
});
