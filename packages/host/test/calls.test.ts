import type { CjmError, JsonValue } from "@cjm/core";
import { descendants, isRunning, ManualClock, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import type { CapabilityManagerOptions } from "../src/index.ts";
import { ManagerFixture } from "./manager-fixture.ts";

async function loaded(
  className = "Plain",
  maxConcurrentCalls = 1,
  options: Partial<CapabilityManagerOptions> = {},
): Promise<ManagerFixture> {
  const fixture = await ManagerFixture.create(options);
  fixture.install("tool", className);
  await fixture.manager.load("tool", { maxConcurrentCalls });
  return fixture;
}

describe("a call", () => {
  test("brings its result back", async () => {
    await using fixture = await loaded();
    await expect(fixture.call("tool", { text: "größe", n: 1.5 })).resolves.toEqual({ text: "größe", n: 1.5 });
  });

  test("that the capability refuses raises what it said, with the fields", async () => {
    await using fixture = await loaded();
    await expect(fixture.call("tool", { action: "fail" })).rejects.toMatchObject({
      code: "CJM_INPUT_INVALID",
      message: "path: required",
      details: { fieldsInvalid: ["path"] },
    });
  });

  test("of what is not loaded names what is", async () => {
    await using fixture = await loaded();
    await expect(fixture.call("other", {})).rejects.toMatchObject({ code: "CJM_CAPABILITY_NOT_LOADED", hint: "Loaded are tool." });
  });

  test("takes accounts of a megabyte into the journal", async () => {
    await using fixture = await loaded();
    await fixture.call("tool", { action: "accounts", size: 1024 * 1024 }, { jobId: "j7" });
    await fixture.writer.flushed();
    const row = fixture.journal.events.find(({ eventType }) => eventType === "tokens");
    expect(row).toMatchObject({ jobId: "j7", workerReported: true, capabilityName: "tool" });
    expect(row?.payload["text"]).toHaveLength(1024 * 1024);
  });

  test("pushes progress, and log lines carry its job", async () => {
    await using fixture = await loaded();
    const progress: unknown[] = [];
    const call = fixture.call("tool", { action: "wait" }, { jobId: "j1", onProgress: (frame) => progress.push(frame) });
    await until("progress came", () => progress.length > 0);
    await fixture.manager.requestCancel("tool", "j1");
    await expect(call).rejects.toMatchObject({ code: "CJM_CANCELLED" });
    expect(progress).toEqual([{ fraction: 0.5, message: "waiting" }]);
    expect(fixture.diagnostics.records).toEqual([expect.objectContaining({ jobId: "j1", level: "WARNING", message: "waiting" })]);
  });

  test("can be cancelled without touching its neighbour", async () => {
    await using fixture = await loaded("Plain", 2);
    const calls = ["a", "b"].map((jobId) => fixture.call("tool", { action: "wait" }, { jobId }));
    const settled: string[] = [];
    calls.forEach((call, index) => void call.catch(() => settled.push(index === 0 ? "a" : "b")));
    await until("both run", () => fixture.diagnostics.records.length === 2);
    await fixture.manager.requestCancel("tool", "a");
    await until("a ended", () => settled.length > 0);
    expect(settled).toEqual(["a"]);
    await fixture.manager.requestCancel("tool", "b");
    await until("b ended", () => settled.length === 2);
  });

  test("beyond the instance's limit waits for its turn, and can be given up while it waits", async () => {
    await using fixture = await loaded("Plain", 1);
    const first = fixture.call("tool", { action: "wait" }, { jobId: "a" });
    const controller = new AbortController();
    const second = fixture.call("tool", {}, { jobId: "b", signal: controller.signal });
    await until("the first runs", () => fixture.diagnostics.records.length === 1);
    controller.abort(new Error("no longer wanted"));
    await expect(second).rejects.toThrow("no longer wanted");
    await fixture.manager.requestCancel("tool", "a");
    await expect(first).rejects.toMatchObject({ code: "CJM_CANCELLED" });
    await expect(fixture.call("tool", { still: "works" })).resolves.toEqual({ still: "works" });
  });
});

describe("a worker that dies", () => {
  test("during a call fails it with its last output, and the next call has a new worker", async () => {
    await using fixture = await loaded();
    const before = await fixture.call("tool", { action: "pid" });
    await expect(fixture.call("tool", { action: "exit" })).rejects.toMatchObject({
      code: "CJM_WORKER_DIED",
      message: expect.stringMatching(/exit code 7[\s\S]*about to fall over[\s\S]*segfault, more or less/),
      details: { exitCode: 7 },
    });
    const after = await fixture.call("tool", { action: "pid" });
    expect(after).not.toBe(before);
    expect(await fixture.eventTypes()).toEqual([
      "worker_spawned",
      "worker_ready",
      "config_applied",
      "worker_died",
      "worker_spawned",
      "worker_ready",
    ]);
  });

  test("by kill -9 is taken for want of memory", async () => {
    await using fixture = await loaded("Plain", 1, { maxResourceRetries: 0 });
    const pid = Number(await fixture.call("tool", { action: "pid" }));
    const call = fixture.call("tool", { action: "wait" });
    await until("it runs", () => fixture.diagnostics.records.length === 1);
    process.kill(pid, "SIGKILL");
    await expect(call).rejects.toMatchObject({ code: "CJM_WORKER_OUT_OF_MEMORY", category: "resource", retriable: true });
  });

  test("for want of memory is tried once more on a new worker, and whoever asked is told", async () => {
    await using fixture = await loaded();
    const pid = Number(await fixture.call("tool", { action: "pid" }));
    const retries: unknown[] = [];
    const call = fixture.manager.execute(
      { instanceId: "tool", target: { channel: "execute", args: [], kwargs: { action: "wait" } }, envelope: { job_id: "job" } },
      { signal: new AbortController().signal, onRetry: (error) => retries.push(error) },
    );
    const outcome = expect(call).rejects.toMatchObject({ code: "CJM_CANCELLED" });
    await until("it runs", () => fixture.diagnostics.records.length === 1);
    process.kill(pid, "SIGKILL");
    await until("it runs again", () => fixture.diagnostics.records.length === 2);
    await fixture.manager.requestCancel("tool", "job");
    await outcome;
    expect(retries).toEqual([expect.objectContaining({ code: "CJM_WORKER_OUT_OF_MEMORY" })]);
  });

  test("again and again is held back, longer each time, then stopped until it is reloaded", async () => {
    const clock = new ManualClock();
    await using fixture = await loaded("Plain", 1, { clock });
    const die = () => expect(fixture.call("tool", { action: "exit" })).rejects.toMatchObject({ code: "CJM_WORKER_DIED" });
    for (let death = 0; death < 3; death++) await die();
    const pauses: unknown[] = [];
    for (let death = 3; death < 10; death++) {
      const held = await fixture.call("tool", {}).catch((error: unknown) => error);
      expect(held).toMatchObject({
        code: "CJM_WORKER_HELD_BACK",
        retriable: true,
        message: expect.stringContaining(`${death} times in a row`),
      });
      pauses.push((held as CjmError).retryAfterMs);
      expect(fixture.manager.instances()[0]?.heldBack).toContain("held back");
      clock.advance(60_000);
      await die();
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000]);
    clock.advance(24 * 3_600_000);
    await expect(fixture.call("tool", {})).rejects.toMatchObject({
      code: "CJM_WORKER_CRASH_LOOP",
      hint: expect.stringContaining("reload"),
    });
    expect((await fixture.eventTypes()).filter((type) => type === "worker_stopped")).toHaveLength(1);
    await fixture.manager.reload("tool");
    await expect(fixture.call("tool", { again: true })).resolves.toEqual({ again: true });
  });

  test("because we restarted it is no want of memory", async () => {
    await using fixture = await loaded();
    const call = fixture.call("tool", { action: "wait" });
    const outcome = expect(call).rejects.toMatchObject({
      code: "CJM_WORKER_DIED",
      message: expect.stringContaining("the operator asked for it"),
    });
    await until("it runs", () => fixture.diagnostics.records.length === 1);
    await fixture.manager.restart("tool", "the operator asked for it");
    await outcome;
    expect(fixture.manager.instances()).toEqual([expect.objectContaining({ state: "ready" })]);
  });
});

describe("nothing is left", () => {
  test.each(["Plain", "IgnoresTerm"])("of a worker's tree after unload, also in other sessions (%s)", async (className) => {
    await using fixture = await loaded(className);
    const worker = Number(await fixture.call("tool", { action: "pid" }));
    const grandchild = Number(await fixture.call("tool", { action: "spawn" }));
    expect([isRunning(worker), isRunning(grandchild)]).toEqual([true, true]);
    await fixture.manager.unload("tool");
    await until("both are gone", () => !isRunning(worker) && !isRunning(grandchild));
    expect((await fixture.eventTypes()).at(-1)).toBe("worker_died");
  });

  test("after close, whatever was loaded", async () => {
    const fixture = await loaded();
    fixture.install("second");
    await fixture.manager.load("second");
    await fixture[Symbol.asyncDispose]();
    expect(descendants(process.pid)).toEqual([]);
  });
});

describe("a stream", () => {
  const stream = (
    fixture: ManagerFixture,
    kwargs: Record<string, JsonValue>,
    signal = new AbortController().signal,
  ): AsyncIterable<JsonValue> =>
    fixture.manager.stream({ instanceId: "tool", target: { channel: "execute", args: [], kwargs }, envelope: { job_id: "s" } }, { signal });

  test("yields every chunk, and no line separator but the newline ends one", async () => {
    await using fixture = await loaded();
    const chunks = await Array.fromAsync(stream(fixture, { count: 3 }));
    expect(chunks).toEqual([0, 1, 2].map((n) => ({ n, text: "a\u2028b" })));
  });

  test("ends with the error of its last line", async () => {
    await using fixture = await loaded();
    const chunks: JsonValue[] = [];
    const reading = (async () => {
      for await (const chunk of stream(fixture, { count: 2, fail: true })) chunks.push(chunk);
    })();
    await expect(reading).rejects.toMatchObject({ code: "CJM_CALL_FAILED", message: "broke off" });
    expect(chunks).toHaveLength(2);
  });

  test("that is cut off is no success", async () => {
    await using fixture = await loaded();
    await expect(Array.fromAsync(stream(fixture, { count: 2, cut: true }))).rejects.toMatchObject({ code: "CJM_WORKER_UNREACHABLE" });
  });

  test("that its reader leaves frees the instance", async () => {
    await using fixture = await loaded();
    for await (const _chunk of stream(fixture, { count: 1000 })) break;
    await expect(fixture.call("tool", { next: true })).resolves.toEqual({ next: true });
  });
});
