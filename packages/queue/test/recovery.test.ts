import type { JsonValue } from "@cjm/core";
import { describe, expect, test } from "vitest";
import type { FakeInstance } from "./fake-runtime.ts";
import { countingIds, queueKit, ref, trace, turns } from "./queue-kit.ts";
import { SurvivingStore } from "./surviving-store.ts";

const byHand = (): Record<string, FakeInstance> => ({ a: { profile: {}, cap: 4 } });
const atOnce = (): Record<string, FakeInstance> => ({ a: { profile: {}, cap: 4, script: (kwargs) => kwargs["n"] ?? null } });

/** A host that dies with everything as it is; its queue is never told. */
async function died(store: SurvivingStore): Promise<SurvivingStore> {
  return await store.afterDeath();
}

describe("jobs of a host that died", () => {
  test("that waited, wait again in their order; the one that ran is run again and says so", async () => {
    const store = new SurvivingStore();
    await using before = queueKit({ store, instances: { a: { profile: {} } } });
    const [first, second] = await Promise.all([1, 2].map((n) => before.queue.submit({ instanceId: "a", kwargs: { n } })));
    await before.runtime.call("a");
    await using after = queueKit({ store: await died(store), ids: countingIds("next-"), instances: { a: { profile: {} } } });
    const recovered = await after.queue.recover(["a"]);
    expect(recovered).toEqual({ jobIds: [first?.jobId, second?.jobId], interrupted: 1, compositionIds: [] });
    const call = await after.runtime.call("a");
    expect(call.kwargs).toEqual({ n: 1 });
    call.resolve("done");
    const one = await after.queue.wait(first?.jobId ?? "");
    expect(one).toMatchObject({ status: "completed", result: "done" });
    expect(trace(after.journal, one.jobId)).toContain("job_interrupted");
    (await after.runtime.call("a")).resolve();
    expect(await after.queue.wait(second?.jobId ?? "")).toMatchObject({ status: "completed" });
  });

  test("are not run again when they must not be", async () => {
    const store = new SurvivingStore();
    await using before = queueKit({ store, instances: byHand() });
    const { jobId } = await before.queue.submit({ instanceId: "a", onInterruption: "fail" });
    await before.runtime.call("a");
    await using after = queueKit({ store: await died(store), ids: countingIds("next-"), instances: atOnce() });
    await after.queue.recover(["a"]);
    expect(await after.queue.wait(jobId)).toMatchObject({
      status: "failed",
      error: { message: expect.stringContaining("not to be run again") },
    });
    expect(after.runtime.calls).toEqual([]);
  });

  test("that ran too often when one died fail", async () => {
    let store = new SurvivingStore();
    await using first = queueKit({ store, instances: byHand() });
    const { jobId } = await first.queue.submit({ instanceId: "a" });
    await first.runtime.call("a");
    for (const end of ["runs", "runs", "fails"]) {
      store = await died(store);
      const kit = queueKit({ store, maxInterruptions: 3, instances: byHand() });
      await kit.queue.recover(["a"]);
      if (end === "runs") await kit.runtime.call("a");
      else expect(await kit.queue.wait(jobId)).toMatchObject({ status: "failed", error: { message: expect.stringContaining("3. time") } });
    }
  });
});

describe("a host that leaves", () => {
  test("finishes what runs, and the next one goes on with what waited", async () => {
    const store = new SurvivingStore();
    const before = queueKit({ store, instances: { a: { profile: {} } } });
    const [runs, waits] = await Promise.all([1, 2].map((n) => before.queue.submit({ instanceId: "a", kwargs: { n } })));
    const call = await before.runtime.call("a");
    const leaving = before.queue.leave();
    await expect(before.queue.submit({ instanceId: "a" })).rejects.toMatchObject({ code: "CJM_QUEUE_STOPPED" });
    const waiting = waits?.result();
    call.resolve("done");
    expect(await runs?.result()).toBe("done");
    await expect(waiting).rejects.toMatchObject({
      code: "CJM_QUEUE_STOPPED",
      message: expect.stringContaining("goes on with the next one"),
    });
    await leaving;
    expect(waits?.view().status).toBe("pending");
    expect(trace(before.journal, waits?.jobId ?? "")).not.toContain("cancelled");

    await using after = queueKit({ store: await died(store), ids: countingIds("next-"), instances: atOnce() });
    expect(await after.queue.recover(["a"])).toMatchObject({ jobIds: [waits?.jobId], interrupted: 0 });
    expect(await after.queue.wait(waits?.jobId ?? "")).toMatchObject({ status: "completed", result: 2 });
  });

  test("leaves a composition where it is", async () => {
    const document = { name: "two", nodes: { one: { capability: "a" }, two: { capability: "a", args: { n: ref("nodes.one") } } } };
    const store = new SurvivingStore();
    const before = queueKit({ store, instances: byHand() });
    const handle = await before.queue.submitComposition(document);
    const call = await before.runtime.call("a");
    const leaving = before.queue.leave();
    const ended = handle.wait();
    call.resolve(1);
    await expect(ended).rejects.toMatchObject({ code: "CJM_QUEUE_STOPPED" });
    await leaving;
    expect(before.runtime.calls).toHaveLength(1);

    await using after = queueKit({ store: await died(store), ids: countingIds("next-"), instances: atOnce() });
    expect(await after.queue.recover(["a"])).toMatchObject({ compositionIds: [handle.compositionId] });
    expect(await after.queue.waitComposition(handle.compositionId)).toMatchObject({ status: "completed" });
    expect(after.runtime.calls).toHaveLength(1);
  });

  test("does not wait for extensions whose jobs have not had their turn", async () => {
    const around: string[] = [];
    const hooks = [
      {
        name: "around",
        aroundExecute: async (_job: unknown, next: () => Promise<JsonValue>): Promise<JsonValue> => {
          around.push("before");
          try {
            return await next();
          } finally {
            around.push("after");
          }
        },
      },
    ];
    const store = new SurvivingStore();
    const { queue, runtime } = queueKit({ store, hooks, instances: { a: { profile: {} } } });
    const [, waits] = await Promise.all([1, 2].map(() => queue.submit({ instanceId: "a" })));
    const call = await runtime.call("a");
    const leaving = queue.leave();
    call.resolve();
    await leaving;
    expect(around).toEqual(["before", "before", "after", "after"]);
    expect(waits?.view().status).toBe("pending");
  });
});

test("a composition goes on from where it was: what completed is not run again, what ran is, what waited follows", async () => {
  const document = {
    name: "chain",
    nodes: {
      list: { capability: "a", args: { n: [1, 2, 3] } },
      each: { capability: "a", for_each: ref("nodes.list"), args: { n: ref("item") } },
      last: { capability: "a", args: { n: ref("nodes.each") } },
    },
  };
  const store = new SurvivingStore();
  await using before = queueKit({ store, instances: byHand() });
  const { compositionId } = await before.queue.submitComposition(document);
  (await before.runtime.call("a")).resolve([1, 2, 3]);
  await before.runtime.until(({ running }) => running.size === 3);
  const [one] = [...before.runtime.running].filter(({ kwargs }) => kwargs["n"] === 1);
  one?.resolve(1);
  await turns();
  await using after = queueKit({ store: await died(store), ids: countingIds("next-"), instances: atOnce() });
  expect(await after.queue.recover(["a"])).toMatchObject({ compositionIds: [compositionId] });
  const outcome = await after.queue.waitComposition(compositionId);
  expect(outcome).toMatchObject({ status: "completed", results: { each: [1, 2, 3], last: [1, 2, 3] } });
  expect(after.runtime.calls.map(({ kwargs }) => kwargs["n"])).toEqual([2, 3, [1, 2, 3]]);
  const rows = after.journal.rows.filter((row) => row.compositionId === compositionId);
  expect(rows[0]).toMatchObject({ eventType: "run_resumed", payload: { ended_jobs: 2, open_jobs: 2 } });
  expect(rows.filter(({ eventType }) => eventType === "job_interrupted")).toHaveLength(2);
  expect(rows.filter(({ eventType, nodeId }) => eventType === "composition_node_changed" && nodeId === "list")).toEqual([]);
  expect(rows.at(-1)).toMatchObject({ eventType: "run_finished", payload: { status: "completed" } });
});

test("a composition that was being cancelled stays so", async () => {
  const store = new SurvivingStore();
  await using before = queueKit({ store, instances: byHand() });
  const handle = await before.queue.submitComposition({ name: "c", nodes: { n: { capability: "a" } } });
  await before.runtime.call("a");
  handle.cancel();
  await turns();
  await using after = queueKit({ store: await died(store), ids: countingIds("next-"), instances: atOnce() });
  await after.queue.recover(["a"]);
  expect(await after.queue.waitComposition(handle.compositionId)).toMatchObject({ status: "cancelled" });
});

test("a composition that this version cannot read is reported, and keeps no other from going on", async () => {
  const store = new SurvivingStore();
  await using before = queueKit({ store, instances: byHand() });
  const [unreadable, readable] = await Promise.all(
    ["later", "now"].map((name) => before.queue.submitComposition({ name, nodes: { n: { capability: "a", args: { n: 1 } } } })),
  );
  await before.runtime.until(({ running }) => running.size === 2);
  const next = await died(store);
  const stored = next.compositions.get(unreadable?.compositionId ?? "");
  if (stored !== undefined) next.compositions.set(stored.compositionId, { ...stored, document: { name: "later", nodes: 5 } });
  await using after = queueKit({ store: next, ids: countingIds("next-"), instances: atOnce() });
  expect(await after.queue.recover(["a"])).toMatchObject({ compositionIds: [readable?.compositionId] });
  expect(await after.queue.waitComposition(readable?.compositionId ?? "")).toMatchObject({ status: "completed" });
  expect(after.internalErrors).toMatchObject([{ code: "CJM_COMPOSITION_INVALID" }]);
});

test("a job that may not wait longer fails with what it waited for", async () => {
  await using kit = queueKit({ instances: { a: { profile: {} } } });
  await kit.queue.submit({ instanceId: "a" });
  await kit.runtime.call("a");
  const late = await kit.queue.submit({ instanceId: "a", startTimeoutMs: 5_000 });
  kit.clock.advance(5_000);
  expect(await late.wait()).toMatchObject({
    status: "failed",
    startedAt: null,
    error: { message: expect.stringContaining("did not start within 5000 ms") },
  });
});
