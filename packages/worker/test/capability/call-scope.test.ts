import { CapabilityCancelledError } from "@cjm/capability";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { NO_ENVELOPE } from "../../src/capability/call-request.ts";
import { CallScope } from "../../src/capability/call-scope.ts";
import { CallMemory } from "../../src/thread/call-memory.ts";
import type { FromThread } from "../../src/thread/thread-messages.ts";

function makeScope() {
  const posted: FromThread[] = [];
  const memory = new CallMemory();
  const scope = new CallScope({
    id: 1,
    envelope: { ...NO_ENVELOPE, jobId: "j1" },
    memory,
    dataDir: "/data",
    loggerName: "probe",
    minimumLevel: "INFO",
    post: (message) => posted.push(message),
    cancelledError: () => new CapabilityCancelledError(),
  });
  return { scope, memory, posted };
}

describe("cancellation", () => {
  test("is seen by every way of asking, without a turn of the event loop", () => {
    const { scope, memory } = makeScope();
    const kept = scope.signal;
    expect([scope.cancelled, kept.aborted]).toEqual([false, false]);
    scope.throwIfCancelled();
    memory.cancel();
    expect(kept.aborted).toBe(true);
    expect([scope.cancelled, scope.signal.aborted, scope.signal === kept]).toEqual([true, true, true]);
    expect(() => scope.throwIfCancelled()).toThrow(CapabilityCancelledError);
    expect(() => kept.throwIfAborted()).toThrow(CapabilityCancelledError);
  });

  test("wakes whoever listens", async () => {
    const { scope, memory } = makeScope();
    const woken = new Promise((resolve) => scope.signal.addEventListener("abort", () => resolve(scope.signal.reason)));
    memory.cancel();
    scope.abort();
    expect(await woken).toBeInstanceOf(CapabilityCancelledError);
  });

  test("asked for in the middle of a loop, listeners hear of it too", () => {
    const { scope, memory } = makeScope();
    let heard = 0;
    scope.signal.addEventListener("abort", () => {
      heard += 1;
    });
    memory.cancel();
    for (let turn = 0; turn < 3; turn += 1) expect(scope.signal.aborted).toBe(true);
    expect(heard).toBe(1);
  });
});

test.each([[true], [false]])("once the call has ended, its memory is left alone (cancelled: %s)", (cancelled) => {
  const { scope, memory, posted } = makeScope();
  if (cancelled) memory.cancel();
  scope.end();
  memory.clear();
  scope.progress(0.5, "late");
  expect([scope.cancelled, scope.signal.aborted, memory.readProgress()]).toEqual([cancelled, cancelled, { progress: 0, message: "" }]);
  expect(posted).toMatchObject([{ type: "progress", progress: 0.5, message: "late" }]);
  memory.cancel();
  expect([scope.cancelled, scope.signal.aborted]).toEqual([cancelled, cancelled]);
});

describe("progress", () => {
  test.each([
    [0.25, 0.25],
    [-1, -1],
    [-0.5, 0],
    [7, 1],
    [Number.NaN, 0],
  ])("%d is kept as %d", (told, kept) => {
    const { scope, memory } = makeScope();
    scope.progress(told, "m");
    expect(memory.readProgress()).toEqual({ progress: kept, message: "m" });
  });

  test("is pushed first and last, not in between", () => {
    const { scope, posted } = makeScope();
    for (let step = 1; step <= 1000; step += 1) scope.progress(step / 1000, `${step}`);
    scope.flush();
    scope.flush();
    const pushed = posted.filter((message) => message.type === "progress");
    expect(pushed[0]).toEqual({ type: "progress", id: 1, jobId: "j1", progress: 0.001, message: "1" });
    expect(pushed.at(-1)).toMatchObject({ progress: 1, message: "1000" });
    expect(pushed.length).toBeLessThan(100);
  });
});

describe("heartbeat", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("counts the seconds on top of what was reported, and leaves the fraction alone", async () => {
    const { scope, memory } = makeScope();
    const work = Promise.withResolvers<string>();
    const beating = scope.heartbeat("loading", () => work.promise);
    expect(memory.readProgress()).toEqual({ progress: 0.5, message: "loading" });
    vi.advanceTimersByTime(1000);
    expect(memory.readProgress()).toEqual({ progress: 0.5, message: "loading (1.0s)" });
    scope.progress(0.7, "unpacking");
    expect(memory.readProgress()).toEqual({ progress: 0.7, message: "unpacking" });
    vi.advanceTimersByTime(500);
    expect(memory.readProgress()).toEqual({ progress: 0.7, message: "unpacking (1.5s)" });
    work.resolve("loaded");
    expect(await beating).toBe("loaded");
    expect(vi.getTimerCount()).toBe(0);
    expect(memory.readProgress()).toEqual({ progress: 0.7, message: "unpacking (1.5s)" });
  });

  test("begins where the call stands, or where it is told to, and beats as often as it is told to", async () => {
    const { scope, memory } = makeScope();
    scope.progress(0.2, "before");
    await scope.heartbeat("near", () => expect(memory.readProgress()).toEqual({ progress: 0.2, message: "near" }));
    const work = Promise.withResolvers<void>();
    const beating = scope.heartbeat("far", () => work.promise, { intervalMs: 100, fraction: -1 });
    vi.advanceTimersByTime(100);
    expect(memory.readProgress()).toEqual({ progress: -1, message: "far (0.1s)" });
    work.resolve();
    await beating;
  });

  test("of two, the inner one beats; both end", async () => {
    const { scope, memory } = makeScope();
    const work = Promise.withResolvers<void>();
    const beating = scope.heartbeat("outer", async () => {
      vi.advanceTimersByTime(3000);
      await scope.heartbeat("inner", () => work.promise);
    });
    vi.advanceTimersByTime(500);
    expect(memory.readProgress().message).toBe("inner (0.5s)");
    work.resolve();
    await beating;
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    ["throws", () => Promise.reject(new Error("no network"))],
    [
      "throws before it awaits",
      () => {
        throw new Error("no network");
      },
    ],
  ])("ends when the work %s", async (_name, work) => {
    const { scope } = makeScope();
    await expect(scope.heartbeat("loading", work)).rejects.toThrow("no network");
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("what a call says", () => {
  test("log lines carry job, fields and stack, from the level on", () => {
    const { scope, posted } = makeScope();
    scope.log.debug("unheard");
    scope.log.warning("slow", { seconds: 3 });
    scope.log.error("failed", { error: new Error("why") });
    expect(posted).toMatchObject([
      { type: "log", level: "WARNING", logger: "probe", message: 'slow {"seconds":3}', jobId: "j1", excText: null },
      { type: "log", level: "ERROR", message: "failed", excText: expect.stringContaining("Error: why") },
    ]);
  });

  test("usage is merged by unit", () => {
    const { scope, posted } = makeScope();
    expect(scope.usage).toBeNull();
    scope.reportUsage({ tokens: 1 });
    scope.reportUsage({ tokens: 2, pages: 1 });
    expect(posted.at(-1)).toEqual({ type: "usage", id: 1, usage: { tokens: 2, pages: 1 } });
  });

  test("usage that no header can carry is left out and told", () => {
    const { scope, posted } = makeScope();
    scope.reportUsage({ endless: Number.POSITIVE_INFINITY });
    expect(scope.usage).toBeNull();
    scope.reportUsage({ tokens: 1, ["x".repeat(9000)]: 2, pages: 3 });
    expect(scope.usage).toEqual({ tokens: 1, pages: 3 });
    expect(posted.filter((message) => message.type === "log").map((message) => message.message.slice(0, 100))).toEqual([
      expect.stringContaining('{"units":["endless"]}'),
      expect.stringContaining('{"units":["xxx'),
    ]);
  });

  test("an account survives what JSON cannot hold", () => {
    const { scope } = makeScope();
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    scope.account("saved", { size: 10n });
    scope.account("odd", cyclic);
    expect(scope.accounts).toEqual([
      { event_type: "saved", payload: { size: "10" } },
      { event_type: "odd", payload: { text: expect.stringContaining("Circular") } },
    ]);
  });
});
