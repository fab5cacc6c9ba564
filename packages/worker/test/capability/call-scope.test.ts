import { CapabilityCancelledError } from "@cjm/capability";
import { describe, expect, test } from "vitest";
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
    scope.reportUsage({ tokens: 1 });
    scope.reportUsage({ tokens: 2, pages: 1 });
    expect(posted.at(-1)).toEqual({ type: "usage", id: 1, usage: { tokens: 2, pages: 1 } });
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
