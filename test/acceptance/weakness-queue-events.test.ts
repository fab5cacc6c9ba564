import type { JobStore } from "@cjm/core";
import { MemoryJobStore } from "@cjm/queue";
import { describe, expect, test } from "vitest";
import { FakeRuntime } from "../../packages/queue/test/fake-runtime.ts";
import { queueKit, turns } from "../../packages/queue/test/queue-kit.ts";
import { AcceptanceQueue } from "./kit/acceptance-queue.ts";

const measured = { profile: {} };

describe("a subscriber (7.1: 35)", () => {
  test("is one from the moment it subscribes, not from its first look", async () => {
    await using kit = queueKit({ instances: { a: { ...measured, script: () => 1 } } });
    const stream = kit.queue.events({ eventTypes: ["state_transition"] });
    await kit.queue.run({ instanceId: "a" });
    await kit.queue.close();
    expect(await Array.fromAsync(stream, ({ payload }) => payload["to"])).toEqual(["running", "completed"]);
  });

  test("that is slow finds where it lost what, and has it from the journal", async () => {
    await using real = await AcceptanceQueue.create({ eventBuffer: 3 });
    const live = real.queue.events();
    for (let n = 0; n < 5; n++) await real.queue.run({ instanceId: "node", kwargs: { action: "add", a: n, b: n } });
    const seen = [(await live.next()).value, (await live.next()).value, (await live.next()).value];
    const { value: gap } = await live.next();
    expect(gap).toMatchObject({ eventType: "gap", seq: null, payload: { after_seq: seen[2]?.seq } });
    expect(gap?.payload["dropped"]).toBe(live.dropped);
    const lost = real.queue.eventsAfter(Number(gap?.payload["after_seq"]));
    const seqs: (number | null)[] = [];
    for await (const { seq } of lost) {
      seqs.push(seq);
      if (seqs.length === live.dropped) break;
    }
    const after = real.host.allRows().filter(({ seq }) => seq > Number(gap?.payload["after_seq"]));
    expect(seqs).toEqual(after.map(({ seq }) => seq));
  });

  test("that is slow gets everything when it follows the journal", async () => {
    await using real = await AcceptanceQueue.create({ eventBuffer: 2 });
    const following = real.queue.eventsAfter(0, { eventTypes: ["state_transition"] });
    for (let n = 0; n < 10; n++) await real.queue.run({ instanceId: "node", kwargs: { action: "add", a: n, b: n } });
    const ended: (string | null)[] = [];
    for await (const { jobId, payload } of following) {
      if (payload["to"] === "completed") ended.push(jobId);
      if (ended.length === 10) break;
    }
    expect(new Set(ended).size).toBe(10);
  });
});

/** Counts every question that the queue asks of its runtime. */
function counted(runtime: FakeRuntime): { readonly runtime: FakeRuntime; readonly asked: string[] } {
  const asked: string[] = [];
  const proxy = new Proxy(runtime, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        asked.push(String(key));
        return Reflect.apply(value, target, args);
      };
    },
  });
  return { runtime: proxy, asked };
}

describe("while a job runs (7.2: 45, 46)", () => {
  test("nobody is asked anything, however long that takes", async () => {
    const { runtime, asked } = counted(new FakeRuntime({ a: { ...measured } }));
    await using kit = queueKit({ runtime });
    const job = await kit.queue.submit({ instanceId: "a" });
    const call = await runtime.call("a");
    await turns();
    asked.length = 0;
    for (let minute = 0; minute < 60; minute++) {
      kit.clock.advance(60_000);
      await turns();
    }
    expect(asked).toEqual([]);
    call.resolve("done");
    expect(await job.result()).toBe("done");
  });

  test("progress, a request to stop and the end are heard without a look at the clock", async () => {
    await using kit = queueKit({ instances: { a: { ...measured, onCancel: (call) => call.resolve() } } });
    const job = await kit.queue.submit({ instanceId: "a" });
    const events = job.events();
    const call = await kit.runtime.call("a");
    call.options.onProgress?.({ fraction: 0.5, message: "half" });
    await turns();
    job.cancel();
    await turns();
    expect(kit.runtime.cancelRequests).toEqual([job.jobId]);
    expect((await job.wait()).status).toBe("cancelled");
    const next = await kit.queue.submit({ instanceId: "a" });
    (await kit.runtime.call("a")).resolve("at once");
    expect(await next.result()).toBe("at once");
    expect(await Array.fromAsync(events, ({ eventType }) => eventType)).toContain("progress_changed");
    expect(kit.clock.monotonicMs()).toBe(0);
  });
});

describe("what is over (7.2: 47)", () => {
  test("is forgotten but for the last: jobs, results, compositions, and what was noted to cancel them", async () => {
    const store: JobStore = new MemoryJobStore();
    const instances = { a: { ...measured, cap: 4, script: () => "x".repeat(1000) }, b: { ...measured, cap: 4 } };
    await using kit = queueKit({ store, maxHistory: 5, maxEndedCompositions: 2, cancelGraceMs: 10, instances });
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 20 }, () => kit.queue.run({ instanceId: "a" })));
      const run = await kit.queue.submitComposition({ name: "c", nodes: { one: { capability: "a" }, two: { capability: "b" } } });
      await kit.runtime.call("b");
      run.cancel();
      await turns();
      kit.clock.advance(10);
      await run.wait();
    }
    expect(kit.queue.list()).toHaveLength(5);
    expect(await store.list({ limit: 1000 })).toEqual([]);
    expect(await store.listCompositions({ limit: 1000 })).toEqual([]);
    const known = kit.journal.rows.flatMap(({ eventType, compositionId }) =>
      eventType === "run_finished" && kit.queue.getComposition(compositionId ?? "") !== null ? [compositionId] : [],
    );
    expect(known).toHaveLength(2);
    expect(kit.queue.stats()).toMatchObject({ pending: 0, running: 0, lanes: { inUse: 0 }, compositions: { running: 0 } });
  });
});
