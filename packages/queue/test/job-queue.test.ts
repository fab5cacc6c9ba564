import type { JsonValue } from "@cjm/core";
import { describe, expect, test } from "vitest";
import { MemoryJobStore } from "../src/index.ts";
import { queueKit, turns } from "./queue-kit.ts";

const measured = { profile: {} };

describe("submit", () => {
  test("passes arguments as they are and gives the result", async () => {
    await using kit = queueKit({ instances: { a: { script: (kwargs) => ({ got: kwargs }) } } });
    expect(await kit.queue.run({ instanceId: "a", kwargs: { action: "count", text: "x" }, args: [1] })).toEqual({
      got: { action: "count", text: "x" },
    });
    expect(kit.runtime.calls[0]?.call.target).toEqual({ channel: "execute", args: [1], kwargs: { action: "count", text: "x" } });
  });

  test("calls a method of a task", async () => {
    await using kit = queueKit({ instances: { a: { script: () => null } } });
    await kit.queue.run({ instanceId: "a", task: "transcribe", method: "run", kwargs: { path: "/x" } });
    expect(kit.runtime.calls[0]?.call.target).toEqual({ channel: "task", task: "transcribe", method: "run", kwargs: { path: "/x" } });
  });

  test.each([
    [{ instanceId: "a", task: "t" }, "CJM_INPUT_INVALID", ["task", "method"]],
    [{ instanceId: "a", method: "m" }, "CJM_INPUT_INVALID", ["task", "method"]],
    [{ instanceId: "a", task: "t", method: "m", args: [1] }, "CJM_INPUT_INVALID", ["args"]],
    [{ instanceId: "a", priority: Number.NaN }, "CJM_INPUT_INVALID", ["priority"]],
    [{ instanceId: "a", timeoutMs: 0 }, "CJM_INPUT_INVALID", ["timeoutMs"]],
    [{ instanceId: "a", jobId: "" }, "CJM_INPUT_INVALID", ["jobId"]],
  ])("refuses %j", async (request, code, fieldsInvalid) => {
    await using kit = queueKit({ instances: { a: measured } });
    await expect(kit.queue.submit(request)).rejects.toMatchObject({ code, details: { fieldsInvalid } });
    expect(kit.queue.list()).toEqual([]);
  });

  test("that cannot be stored keeps nobody else of its turn out", async () => {
    class JsonStore extends MemoryJobStore {
      override async submit(work: Parameters<MemoryJobStore["submit"]>[0]): Promise<void> {
        JSON.stringify(work);
        await super.submit(work);
      }
    }
    await using kit = queueKit({ instances: { a: { script: ({ n }) => n ?? null } }, store: new JsonStore() });
    const circle: Record<string, JsonValue> = {};
    circle["itself"] = circle;
    const ends = await Promise.allSettled([{ n: 1 }, circle, { n: 2 }].map((kwargs) => kit.queue.run({ instanceId: "a", kwargs })));
    expect(ends).toMatchObject([{ value: 1 }, { reason: expect.any(TypeError) }, { value: 2 }]);
    expect(kit.queue.list()).toHaveLength(2);
  });

  test("refuses an instance that is not loaded or is disabled, by instance id", async () => {
    await using kit = queueKit({ instances: { a: { enabled: false } } });
    await expect(kit.queue.submit({ instanceId: "b" })).rejects.toMatchObject({ code: "CJM_CAPABILITY_NOT_LOADED" });
    await expect(kit.queue.submit({ instanceId: "a" })).rejects.toMatchObject({
      code: "CJM_CAPABILITY_DISABLED",
      details: { instanceId: "a" },
    });
  });

  test("an instance that goes away or is disabled while a job waits fails that job, and the queue goes on", async () => {
    await using kit = queueKit({
      lanes: 1,
      instances: { a: measured, b: measured, c: measured, d: { profile: {}, script: () => "done" } },
    });
    const first = await kit.queue.submit({ instanceId: "a" });
    const [gone, disabled, last] = await Promise.all(["b", "c", "d"].map((instanceId) => kit.queue.submit({ instanceId })));
    const call = await kit.runtime.call("a");
    kit.runtime.instances.delete("b");
    kit.runtime.instances.set("c", { enabled: false });
    call.resolve();
    await first.wait();
    await expect(gone?.result()).rejects.toMatchObject({ code: "CJM_CAPABILITY_NOT_LOADED" });
    await expect(disabled?.result()).rejects.toMatchObject({ code: "CJM_CAPABILITY_DISABLED" });
    expect(await last?.result()).toBe("done");
  });

  test("the same client-supplied id twice is one job, also while it is being accepted and after it ended", async () => {
    await using kit = queueKit({ instances: { a: { script: () => 42 } } });
    const request = { instanceId: "a", jobId: "mine" };
    const [one, two] = await Promise.all([kit.queue.submit(request), kit.queue.submit(request)]);
    expect([await one.result(), await two.result()]).toEqual([42, 42]);
    expect(await (await kit.queue.submit(request)).result()).toBe(42);
    expect(kit.runtime.calls).toHaveLength(1);
  });

  test("a failed job throws what the capability raised", async () => {
    await using kit = queueKit({ instances: { a: { script: () => Promise.reject(new RangeError("too far")) } } });
    const handle = await kit.queue.submit({ instanceId: "a" });
    await expect(handle.result()).rejects.toThrow("too far");
    expect(handle.view()).toMatchObject({
      status: "failed",
      error: { category: "user_input", message: "too far", capability_instance_id: "a" },
    });
  });
});

describe("order", () => {
  test("higher priority first, then order of submission, also when the clock stands still", async () => {
    await using kit = queueKit({ lanes: 1, instances: { a: { ...measured, script: (kwargs) => kwargs } } });
    const order: unknown[] = [];
    kit.runtime.onCall = (call) => order.push(call.kwargs["n"]);
    const jobs = await Promise.all([0, 0, 5, 0, 5].map((priority, n) => kit.queue.submit({ instanceId: "a", priority, kwargs: { n } })));
    await Promise.all(jobs.map((job) => job.wait()));
    expect(order).toEqual([2, 4, 0, 1, 3]);
  });

  test("reorder moves a waiting job and keeps its rank among equals", async () => {
    await using kit = queueKit({ instances: { a: measured } });
    const first = await kit.queue.submit({ instanceId: "a" });
    const [low, lower] = await Promise.all([1, 0].map((priority) => kit.queue.submit({ instanceId: "a", priority })));
    const call = await kit.runtime.call("a");
    expect(kit.queue.reorder(lower?.jobId ?? "", 1)).toBe(true);
    expect(kit.queue.reorder(first.jobId, 9)).toBe(false);
    expect(kit.queue.reorder("nobody", 9)).toBe(false);
    call.resolve();
    await first.wait();
    expect((await kit.runtime.call("a")).jobId).toBe(low?.jobId);
  });
});

test("a priority that is no finite number is refused and changes nothing, as no heap could keep such a job", async () => {
  await using kit = queueKit({ lanes: 1, instances: { a: { ...measured, script: () => 1 } } });
  const handles = await Promise.all([1, 2].map(() => kit.queue.submit({ instanceId: "a" })));
  for (const priority of [Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => kit.queue.reorder(handles[1]?.jobId ?? "", priority)).toThrow(/finite number/);
  }
  expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([1, 1]);
});

describe("looking", () => {
  test("list, get and stats", async () => {
    await using kit = queueKit({ lanes: 3, instances: { a: measured, b: { script: () => 1, profile: {} } } });
    await kit.queue.run({ instanceId: "b" });
    const running = await kit.queue.submit({ instanceId: "a", runId: "r1" });
    const waiting = await kit.queue.submit({ instanceId: "a" });
    await kit.runtime.call("a");
    expect(kit.queue.list({ instanceId: "a" }).map(({ jobId, status }) => [jobId, status])).toEqual([
      [running.jobId, "running"],
      [waiting.jobId, "pending"],
    ]);
    expect(kit.queue.list({ status: "completed" })).toHaveLength(1);
    expect(kit.queue.list({ runId: "r1" }).map(({ jobId }) => jobId)).toEqual([running.jobId]);
    expect(kit.queue.get(waiting.jobId)?.status).toBe("pending");
    expect(kit.queue.get("nobody")).toBeNull();
    expect(kit.queue.stats()).toEqual({
      pending: 1,
      running: 1,
      ended: { completed: 1, failed: 0, cancelled: 0 },
      lanes: { total: 3, inUse: 1 },
      compositions: { running: 0 },
      journalFailure: null,
    });
  });

  test("the history is bounded; a handle keeps its own result and a waiter that came in time is told", async () => {
    await using kit = queueKit({ maxHistory: 2, instances: { a: { script: (kwargs) => kwargs["n"] ?? null } } });
    const handles = await Promise.all([0, 1, 2, 3].map((n) => kit.queue.submit({ instanceId: "a", kwargs: { n } })));
    const waited = kit.queue.wait(handles[0]?.jobId ?? "");
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([0, 1, 2, 3]);
    expect((await waited).result).toBe(0);
    expect(kit.queue.list().map(({ result }) => result)).toEqual([2, 3]);
    await expect(kit.queue.wait(handles[0]?.jobId ?? "")).rejects.toMatchObject({ code: "CJM_JOB_NOT_FOUND" });
  });

  test("waiting ends with the caller's patience; the job goes on", async () => {
    await using kit = queueKit({ instances: { a: measured } });
    const handle = await kit.queue.submit({ instanceId: "a" });
    const call = await kit.runtime.call("a");
    const late = handle.wait({ timeoutMs: 100 });
    kit.clock.advance(100);
    await expect(late).rejects.toMatchObject({ code: "CJM_DEADLINE_EXCEEDED" });
    const abort = new AbortController();
    const given = kit.queue.wait(handle.jobId, { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    call.resolve(7);
    expect(await handle.result()).toBe(7);
  });
});

describe("the end", () => {
  test("close finishes what was accepted, accepts nothing more, and is one promise", async () => {
    await using kit = queueKit({ lanes: 1, instances: { a: measured } });
    const handles = await Promise.all([1, 2].map(() => kit.queue.submit({ instanceId: "a" })));
    const closing = kit.queue.close();
    expect(kit.queue.close()).toBe(closing);
    await expect(kit.queue.submit({ instanceId: "a" })).rejects.toMatchObject({ code: "CJM_QUEUE_STOPPED" });
    for (const value of [1, 2]) {
      (await kit.runtime.call("a")).resolve(value);
      await kit.runtime.until(({ calls }) => calls.length > value || value === 2);
    }
    await closing;
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([1, 2]);
  });

  test("destroy cancels what waits and what runs, gives up on what does not listen, restarts nothing, and settles every waiter", async () => {
    await using kit = queueKit({ instances: { a: measured } });
    const stream = kit.queue.events();
    const handles = await Promise.all([1, 2, 3].map(() => kit.queue.submit({ instanceId: "a" })));
    await kit.runtime.call("a");
    const destroyed = kit.queue.destroy();
    await turns();
    kit.clock.advance(500);
    await destroyed;
    const views = await Promise.all(handles.map((handle) => handle.wait()));
    expect(views.map(({ status }) => status)).toEqual(["cancelled", "cancelled", "cancelled"]);
    await expect(handles[0]?.result()).rejects.toMatchObject({ code: "CJM_QUEUE_STOPPED" });
    expect(kit.runtime.restarts).toEqual([]);
    const seen: string[] = [];
    for await (const { eventType } of stream) seen.push(eventType);
    expect(seen.filter((type) => type === "state_transition")).toHaveLength(4);
  });

  test("close does not wait for a job that was cancelled while an extension refused it", async () => {
    const refusal = Promise.withResolvers<never>();
    await using kit = queueKit({ instances: { a: measured }, hooks: [{ name: "budget", onSubmit: () => refusal.promise }] });
    const submitted = kit.queue.submit({ instanceId: "a", jobId: "mine" });
    expect(kit.queue.cancel("mine")).toBe(true);
    refusal.reject(new Error("too expensive"));
    await expect(submitted).rejects.toThrow("too expensive");
    let isClosed = false;
    const closing = kit.queue.close().then(() => {
      isClosed = true;
    });
    await turns();
    expect(isClosed).toBe(true);
    await closing;
  });

  test("a signal given to run cancels the job", async () => {
    await using kit = queueKit({ instances: { a: { ...measured, onCancel: (call) => call.reject(new Error("stopped")) } } });
    const abort = new AbortController();
    const result = kit.queue.run({ instanceId: "a" }, { signal: abort.signal });
    await kit.runtime.call("a");
    abort.abort();
    await expect(result).rejects.toMatchObject({ code: "CJM_CANCELLED" });
  });
});

test("options that are no numbers are refused: no job would ever fit beside them", () => {
  for (const name of ["gpuHeadroomFraction", "machineMemoryMb", "starvingAfterMs", "cancelGraceMs"]) {
    expect(() => queueKit({ [name]: Number.NaN })).toThrow(`The queue option '${name}' is NaN`);
    expect(() => queueKit({ [name]: -1 })).toThrow("from 0 on");
  }
});
