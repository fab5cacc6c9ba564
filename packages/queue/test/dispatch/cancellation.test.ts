import { CjmError, type JobLease } from "@cjm/core";
import { describe, expect, test } from "vitest";
import { MemoryJobStore } from "../../src/index.ts";
import { queueKit, trace, turns } from "../queue-kit.ts";

const cancelledError = new CjmError("CJM_CANCELLED", "stopped as asked");

describe("cancel", () => {
  test("a waiting job ends at once and never runs", async () => {
    await using kit = queueKit({ instances: { a: { profile: {} } } });
    await kit.queue.submit({ instanceId: "a" });
    const waiting = await kit.queue.submit({ instanceId: "a" });
    await kit.runtime.call("a");
    expect(waiting.cancel()).toBe(true);
    expect((await waiting.wait()).status).toBe("cancelled");
    expect(waiting.cancel()).toBe(false);
    expect(trace(kit.journal, waiting.jobId)).toEqual(["pending->cancelled"]);
    expect(kit.queue.cancel("nobody")).toBe(false);
  });

  test.each([
    ["with a value", (end: (value: unknown) => void) => end(null)],
    ["with the error of a cancelled call", (_: unknown, fail: (error: unknown) => void) => fail(cancelledError)],
    ["with another error", (_: unknown, fail: (error: unknown) => void) => fail(new Error("broken pipe"))],
  ])("a call that ends %s after the request is cancelled, and its worker stays", async (_, answer) => {
    await using kit = queueKit({ instances: { a: { profile: {}, onCancel: (call) => answer(() => call.resolve("late"), call.reject) } } });
    const handle = await kit.queue.submit({ instanceId: "a" });
    await kit.runtime.call("a");
    expect(handle.cancel()).toBe(true);
    const view = await handle.wait();
    expect(view).toMatchObject({ status: "cancelled", result: null, error: null, cancellation: { phase: "completed", forced: false } });
    expect(trace(kit.journal, handle.jobId)).toEqual([
      "admission_decided",
      "pending->running",
      "cancel:cooperative",
      "cancel:completed",
      "running->cancelled",
    ]);
    expect(kit.runtime.restarts).toEqual([]);
    await expect(handle.result()).rejects.toMatchObject({ code: "CJM_CANCELLED" });
  });

  test("a worker that does not listen is restarted after the grace, once", async () => {
    await using kit = queueKit({ cancelGraceMs: 200, instances: { a: { profile: {} } } });
    const handle = await kit.queue.submit({ instanceId: "a" });
    await kit.runtime.call("a");
    kit.clock.advance(50);
    handle.cancel();
    handle.cancel();
    await turns();
    kit.clock.advance(199);
    await turns();
    expect(handle.view().status).toBe("running");
    kit.clock.advance(1);
    const view = await handle.wait();
    expect(view).toMatchObject({ status: "cancelled", cancellation: { forced: true, requestedAt: kit.clock.now() - 200 } });
    expect(kit.runtime.restarts).toEqual(["a"]);
    expect(trace(kit.journal, handle.jobId).filter((step) => step.startsWith("cancel:"))).toEqual([
      "cancel:cooperative",
      "cancel:force",
      "cancel:reloading",
      "cancel:completed",
    ]);
  });

  test("the lane is taken until the restart is over, and two calls of one worker share it", async () => {
    await using kit = queueKit({ cancelGraceMs: 10, lanes: 2, instances: { a: { profile: {}, cap: 2 } } });
    const restarted = Promise.withResolvers<void>();
    kit.runtime.restartGate = restarted.promise;
    const handles = await Promise.all([1, 2, 3].map(() => kit.queue.submit({ instanceId: "a" })));
    await kit.runtime.until(({ running }) => running.size === 2);
    handles[0]?.cancel();
    handles[1]?.cancel();
    await turns();
    kit.clock.advance(10);
    await turns();
    expect(kit.runtime.restarts).toEqual(["a"]);
    expect(kit.runtime.calls).toHaveLength(2);
    restarted.resolve();
    await Promise.all([handles[0]?.wait(), handles[1]?.wait()]);
    await kit.runtime.call("a");
    expect(kit.runtime.calls).toHaveLength(3);
  });

  test("a request or a restart that fails does not keep the job from ending", async () => {
    await using kit = queueKit({ cancelGraceMs: 10, instances: { a: { profile: {} } } });
    kit.runtime.requestCancel = () => Promise.reject(new Error("read timeout"));
    kit.runtime.restart = () => Promise.reject(new Error("no such instance"));
    const handle = await kit.queue.submit({ instanceId: "a" });
    await kit.runtime.call("a");
    handle.cancel();
    await turns();
    expect(handle.view().status).toBe("running");
    kit.clock.advance(10);
    expect((await handle.wait()).status).toBe("cancelled");
    expect(kit.internalErrors.map(String)).toEqual(["Error: read timeout", "Error: no such instance"]);
  });

  test("between the choice and the call: one end, and no call is made", async () => {
    const claim = Promise.withResolvers<void>();
    const claimed = Promise.withResolvers<void>();
    class SlowStore extends MemoryJobStore {
      override async claim(jobIds: readonly string[]): Promise<readonly JobLease[]> {
        claimed.resolve();
        await claim.promise;
        return await super.claim(jobIds);
      }
    }
    await using kit = queueKit({ store: new SlowStore(), instances: { a: { profile: {} } } });
    const handle = await kit.queue.submit({ instanceId: "a" });
    await claimed.promise;
    expect(handle.cancel()).toBe(true);
    claim.resolve();
    expect((await handle.wait()).status).toBe("cancelled");
    expect(kit.runtime.calls).toEqual([]);
    expect(trace(kit.journal, handle.jobId)).toEqual(["admission_decided", "pending->running", "running->cancelled"]);
    expect(kit.queue.stats().lanes.inUse).toBe(0);
  });

  test("after completion it changes nothing", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, script: () => 1 } } });
    const handle = await kit.queue.submit({ instanceId: "a" });
    await handle.wait();
    expect(handle.cancel()).toBe(false);
    expect(handle.view().status).toBe("completed");
  });
});

describe("deadline", () => {
  test("a call that takes too long is stopped and fails", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, onCancel: (call) => call.reject(cancelledError) } } });
    const handle = await kit.queue.submit({ instanceId: "a", timeoutMs: 1000 });
    await kit.runtime.call("a");
    kit.clock.advance(1000);
    await expect(handle.result()).rejects.toMatchObject({ code: "CJM_DEADLINE_EXCEEDED" });
    expect(handle.view().status).toBe("failed");
    expect(kit.runtime.cancelRequests).toEqual([handle.jobId]);
  });

  test("a call that ends in time leaves no timer behind", async () => {
    await using kit = queueKit({ instances: { a: { profile: {}, script: () => 1 } } });
    await kit.queue.run({ instanceId: "a", timeoutMs: 1000 });
    kit.clock.advance(5000);
    await turns();
    expect(kit.runtime.cancelRequests).toEqual([]);
  });
});

describe("retry", () => {
  const retry = { maxAttempts: 3, initialDelayMs: 100, maxDelayMs: 1000 };

  test("transient errors are tried again after a growing pause, as often as the policy says", async () => {
    await using kit = queueKit({ instances: { a: { profile: {} } } });
    const handle = await kit.queue.submit({ instanceId: "a", retry });
    for (const pauseMs of [75, 150]) {
      (await kit.runtime.call("a")).reject(new CjmError("CJM_CALL_TRANSIENT", "try later"));
      await turns();
      expect(kit.runtime.running.size).toBe(0);
      kit.clock.advance(pauseMs - 1);
      await turns();
      expect(kit.runtime.running.size).toBe(0);
      kit.clock.advance(1);
    }
    (await kit.runtime.call("a")).resolve("at last");
    expect(await handle.result()).toBe("at last");
    expect(handle.view().retryCount).toBe(2);
    expect(
      kit.journal.query({ eventType: "retry_started" }).map(({ payload }) => [payload["attempt"], payload["exception_category"]]),
    ).toEqual([
      [1, "transient"],
      [2, "transient"],
    ]);
  });

  test("what the error asks for is respected, and a cancel ends the pause", async () => {
    await using kit = queueKit({ instances: { a: { profile: {} } } });
    const handle = await kit.queue.submit({ instanceId: "a", retry });
    (await kit.runtime.call("a")).reject(new CjmError("CJM_CALL_TRANSIENT", "busy", { retryAfterMs: 60_000 }));
    await turns();
    kit.clock.advance(59_999);
    await turns();
    expect(kit.runtime.calls).toHaveLength(1);
    handle.cancel();
    expect((await handle.wait()).status).toBe("cancelled");
  });

  test.each(["CJM_INPUT_INVALID", "CJM_CALL_FAILED", "CJM_RESOURCE_EXHAUSTED"] as const)("%s is never tried again", async (code) => {
    await using kit = queueKit({ instances: { a: { profile: {} } } });
    const handle = await kit.queue.submit({ instanceId: "a", retry });
    (await kit.runtime.call("a")).reject(new CjmError(code, "no"));
    await expect(handle.result()).rejects.toMatchObject({ code });
  });

  test("retries of the runtime itself are counted and journaled", async () => {
    await using kit = queueKit({ instances: { a: { profile: {} } } });
    const handle = await kit.queue.submit({ instanceId: "a" });
    const call = await kit.runtime.call("a");
    call.options.onRetry?.(new CjmError("CJM_RESOURCE_EXHAUSTED", "out of memory"));
    call.options.onRetry?.(new CjmError("CJM_RESOURCE_EXHAUSTED", "out of memory"));
    call.resolve();
    expect(await handle.wait()).toMatchObject({ status: "completed", retryCount: 2 });
    expect(kit.journal.query({ eventType: "retry_started" }).map(({ payload }) => payload["attempt"])).toEqual([1, 2]);
  });
});
