import { CjmError, type LedgerRow } from "@cjm/core";
import { expect, test } from "vitest";
import type { JobView } from "../src/index.ts";
import { MemoryJobStore } from "../src/index.ts";
import { queueKit, turns } from "./queue-kit.ts";

test("onSubmit may refuse, and its rows are stored with the job", async () => {
  const stored: (readonly LedgerRow[])[] = [];
  class Store extends MemoryJobStore {
    override async submit(work: Parameters<MemoryJobStore["submit"]>[0]): Promise<void> {
      if (work.jobs.length > 0) stored.push(work.rows ?? []);
      await super.submit(work);
    }
  }
  await using kit = queueKit({
    store: new Store(),
    instances: { a: { script: () => 1 } },
    hooks: [
      {
        name: "budget",
        onSubmit: (job) => {
          if (job.priority > 5) throw new Error("too expensive");
          return [{ kind: "budget", data: { job: job.jobId } }];
        },
      },
    ],
  });
  const handle = await kit.queue.submit({ instanceId: "a" });
  await handle.wait();
  expect(stored).toEqual([[{ kind: "budget", data: { job: handle.jobId } }]]);
  await expect(kit.queue.submit({ instanceId: "a", priority: 9 })).rejects.toThrow("too expensive");
  expect(kit.queue.list()).toHaveLength(1);
  const composition = await kit.queue.submitComposition({ name: "c", nodes: { n: { capability: "a", priority: 9 } } });
  expect(await composition.wait()).toMatchObject({ status: "failed", nodes: [{ error: { message: "too expensive" } }] });
});

test("onAdmit holds a job with a reason until it is rechecked", async () => {
  let approved = false;
  await using kit = queueKit({
    instances: { a: { profile: {}, script: () => 1 }, b: { profile: {}, script: () => 2 } },
    hooks: [{ name: "approval", onAdmit: (job) => (approved || job.instanceId === "b" ? null : { reason: "nobody has approved it" }) }],
  });
  const held = await kit.queue.submit({ instanceId: "a" });
  expect(await kit.queue.run({ instanceId: "b" })).toBe(2);
  await turns();
  expect(held.view()).toMatchObject({ status: "pending", blockReason: "held by approval: nobody has approved it" });
  approved = true;
  kit.queue.recheck();
  expect(await held.result()).toBe(1);
});

test("aroundExecute may answer instead of the capability, wraps in order, and sees what is thrown", async () => {
  const order: string[] = [];
  const wrap = (name: string) => ({
    name,
    aroundExecute: async (_: JobView, next: () => Promise<unknown>) => {
      order.push(`${name} in`);
      const value = await next();
      order.push(`${name} out`);
      return value as null;
    },
  });
  await using kit = queueKit({
    instances: { a: { script: (kwargs) => kwargs["x"] ?? null } },
    hooks: [
      wrap("outer"),
      { name: "cache", aroundExecute: async (job, next) => (job.target.kwargs["x"] === 1 ? "from cache" : await next()) },
      wrap("inner"),
    ],
  });
  expect(await kit.queue.run({ instanceId: "a", kwargs: { x: 1 } })).toBe("from cache");
  expect(kit.runtime.calls).toEqual([]);
  expect(await kit.queue.run({ instanceId: "a", kwargs: { x: 2 } })).toBe(2);
  expect(order).toEqual(["outer in", "outer out", "outer in", "inner in", "inner out", "outer out"]);
});

test("aroundExecute takes a lane only for what it lets through, and hears of a cancel", async () => {
  const outcomes: unknown[] = [];
  await using kit = queueKit({
    lanes: 1,
    instances: { a: { profile: {} } },
    hooks: [
      {
        name: "cache",
        aroundExecute: async (job, next) => {
          if (job.target.kwargs["known"] === true) return "known";
          return await next().catch((error: unknown) => {
            outcomes.push(error);
            throw error;
          });
        },
      },
    ],
  });
  const running = await kit.queue.submit({ instanceId: "a" });
  const call = await kit.runtime.call("a");
  const waiting = await kit.queue.submit({ instanceId: "a" });
  expect(await kit.queue.run({ instanceId: "a", kwargs: { known: true } })).toBe("known");
  expect(kit.queue.stats()).toMatchObject({ running: 1, pending: 1, lanes: { inUse: 1 } });
  waiting.cancel();
  expect(await waiting.wait()).toMatchObject({ status: "cancelled", startedAt: null });
  await turns();
  expect(outcomes).toEqual([expect.objectContaining({ code: "CJM_CANCELLED" })]);
  call.resolve(5);
  expect(await running.result()).toBe(5);
});

test("onTerminal runs before anyone who waits hears, once for every job, and what it throws changes nothing", async () => {
  const ended: unknown[] = [];
  await using kit = queueKit({
    instances: { a: { profile: {}, script: () => 1 } },
    hooks: [
      {
        name: "manifest",
        onTerminal: (job) => {
          ended.push([job.jobId, job.status, job.result]);
          throw new Error("no disk");
        },
      },
    ],
  });
  const handle = await kit.queue.submit({ instanceId: "a" });
  await handle.wait();
  expect(ended).toEqual([[handle.jobId, "completed", 1]]);
  expect(String(kit.internalErrors[0])).toContain("onTerminal of manifest failed: no disk");
  const outcome = await (await kit.queue.submitComposition({ name: "c", nodes: { n: { capability: "a" } } })).wait();
  expect(outcome.results).toEqual({ n: 1 });
  await turns();
  expect(ended[1]).toMatchObject([expect.any(String), "completed", 1]);
});

test("aroundExecute that asks for its turn again hears how the first one ended", async () => {
  const heard: unknown[] = [];
  await using kit = queueKit({
    instances: { a: { profile: {}, script: () => Promise.reject(new Error("out of paper")) } },
    hooks: [
      {
        name: "again",
        aroundExecute: async (_, next) => {
          await next().catch((error: unknown) => heard.push(error));
          return await next();
        },
      },
    ],
  });
  const handle = await kit.queue.submit({ instanceId: "a" });
  await turns();
  expect(handle.view()).toMatchObject({ status: "failed", error: { message: "out of paper" } });
  expect(heard).toHaveLength(1);
  expect(kit.runtime.calls).toHaveLength(1);
});

test("aroundExecute that gives up on a running call has the last word when the call ended, and a cancel is one", async () => {
  const impatience = Promise.withResolvers<never>();
  await using kit = queueKit({
    instances: { a: { profile: {}, cap: 2, onCancel: (call) => call.reject(new Error("stopped")) } },
    hooks: [{ name: "impatient", aroundExecute: async (_, next) => await Promise.race([next(), impatience.promise]) }],
  });
  const handle = await kit.queue.submit({ instanceId: "a" });
  const cancelled = await kit.queue.submit({ instanceId: "a" });
  await turns();
  impatience.reject(new Error("too slow"));
  await turns();
  expect(kit.queue.stats()).toMatchObject({ running: 2, lanes: { inUse: 2 } });
  cancelled.cancel();
  (await kit.runtime.call("a")).resolve(5);
  await turns();
  expect(handle.view()).toMatchObject({ status: "failed", error: { message: "too slow" } });
  expect(cancelled.view().status).toBe("cancelled");
});

test("a job that an extension answers fails when the store cannot note its start", async () => {
  class Store extends MemoryJobStore {
    override async claim(): Promise<never> {
      throw new CjmError("CJM_STORE_FAILED", "disk full");
    }
  }
  await using kit = queueKit({
    store: new Store(),
    instances: { a: { profile: {} } },
    hooks: [{ name: "cache", aroundExecute: async () => "known" }],
  });
  const handle = await kit.queue.submit({ instanceId: "a" });
  await turns();
  expect(handle.view()).toMatchObject({ status: "failed", error: { message: "disk full" } });
  expect(kit.internalErrors).toEqual([]);
});

test("onAdmit may cancel the job that it is asked about, and then it is not started", async () => {
  await using kit = queueKit({
    instances: { a: { profile: {} } },
    hooks: [
      {
        name: "picky",
        onAdmit: (job) => {
          kit.queue.cancel(job.jobId);
          return null;
        },
      },
    ],
  });
  const handles = await Promise.all([1, 2, 3, 4].map(() => kit.queue.submit({ instanceId: "a" })));
  await turns();
  expect(handles.map((handle) => handle.view().status)).toEqual(["cancelled", "cancelled", "cancelled", "cancelled"]);
  expect(kit.runtime.calls).toEqual([]);
});
