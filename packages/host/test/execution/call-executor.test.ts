import { ManualClock, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { withCallEnvelope } from "../../src/index.ts";
import { ManagerFixture } from "../manager-fixture.ts";

const GB = 1024;

describe("a deadline", () => {
  test("ends a call that runs, tells the capability, and frees the instance", async () => {
    const clock = new ManualClock();
    await using fixture = await ManagerFixture.create({ clock });
    const asked = fixture.script("tool");
    await fixture.manager.load("tool");
    const call = fixture.begin("tool", { action: "wait" }, { jobId: "late", timeoutMs: 5_000 });
    await until("it runs", () => asked.asked("/execute").length === 1);
    clock.advance(4_999);
    expect(fixture.summary("tool").runningCalls).toBe(1);
    clock.advance(1);
    expect(await call).toMatchObject({
      reason: { code: "CJM_DEADLINE_EXCEEDED", message: "The call of tool did not end within 5000 ms." },
    });
    await until("it is told", () => asked.asked("/cancel").length === 1);
    expect(asked.asked("/cancel")[0]?.body).toEqual({ job_id: "late" });
    await expect(fixture.call("tool", { next: true })).resolves.toEqual({ next: true });
  });

  test("counts the wait for a turn", async () => {
    const clock = new ManualClock();
    await using fixture = await ManagerFixture.create({ clock });
    const asked = fixture.script("tool");
    await fixture.manager.load("tool");
    const running = fixture.begin("tool", { action: "gate", gate: "a" });
    await until("it runs", () => asked.asked("/execute").length === 1);
    const waiting = fixture.begin("tool", {}, { timeoutMs: 1_000 });
    clock.advance(1_000);
    expect(await waiting).toMatchObject({ reason: { code: "CJM_DEADLINE_EXCEEDED" } });
    asked.open("a");
    expect(await running).toMatchObject({ status: "fulfilled" });
    expect(asked.asked("/execute")).toHaveLength(1);
  });
});

describe("a call that ran out of a resource", () => {
  test("is tried again on a new worker, with the same configuration, and whoever asked is told", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool");
    const { pid } = await fixture.manager.load("tool", { config: { a: 1 } });
    const retries: unknown[] = [];
    const value = await fixture.call(
      "tool",
      { action: "exhausted", times: 1, resource: "gpu_vram_mb", needed: 5 * GB, available: 0 },
      { onRetry: (error) => retries.push(error) },
    );
    expect(value).not.toEqual({ pid });
    expect(retries).toMatchObject([{ code: "CJM_RESOURCE_EXHAUSTED", message: "out of it" }]);
    expect(asked.asked("/initialize").map(({ body }) => body)).toEqual([{ a: 1 }, { a: 1 }]);
    await fixture.writer.flushed();
    expect(fixture.rows("worker_died")).toMatchObject([{ phase: "restart", reason: "a call on it ran out of a resource" }]);
  });

  test.each([
    ["always: one more try, then its error", {}, 2],
    ["with no tries allowed: one call, no new worker", { maxResourceRetries: 0 }, 1],
    ["with three allowed", { maxResourceRetries: 3 }, 4],
  ])("%s", async (_name, options, calls) => {
    await using fixture = await ManagerFixture.create(options);
    const asked = fixture.script("tool");
    await fixture.manager.load("tool");
    await expect(fixture.call("tool", { action: "exhausted", times: 99 })).rejects.toMatchObject({ code: "CJM_RESOURCE_EXHAUSTED" });
    expect(asked.asked("/execute")).toHaveLength(calls);
    expect(new Set(asked.asked("/execute").map(({ pid }) => pid)).size).toBe(calls);
  });

  test("leaves a call beside it on the same worker alone", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool");
    const { pid } = await fixture.manager.load("tool", { maxConcurrentCalls: 2 });
    const sibling = fixture.begin("tool", { action: "gate", gate: "a" }, { jobId: "sibling" });
    await until("it runs", () => asked.asked("/execute").length === 1);
    const short = fixture.begin("tool", { action: "exhausted", times: 1 }, { jobId: "short" });
    await until("it failed", () => asked.asked("/execute").length === 2);
    asked.open("a");
    expect(await sibling).toEqual({ status: "fulfilled", value: { pid } });
    expect(await short).toMatchObject({ status: "fulfilled" });
    expect(await short).not.toMatchObject({ value: { pid } });
  });

  test("and two of one worker share its replacement", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool");
    await fixture.manager.load("tool", { maxConcurrentCalls: 2 });
    const calls = await Promise.all(["a", "b"].map((jobId) => fixture.begin("tool", { action: "exhausted", times: 2 }, { jobId })));
    expect(calls).toMatchObject([{ status: "fulfilled" }, { status: "fulfilled" }]);
    expect(new Set(asked.asked("/execute").map(({ pid }) => pid)).size).toBe(2);
  });

  test("is not tried again once it was given up", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool");
    await fixture.manager.load("tool");
    const controller = new AbortController();
    const call = fixture.begin(
      "tool",
      { action: "exhausted", times: 9 },
      { signal: controller.signal, onRetry: () => controller.abort(new Error("enough")) },
    );
    expect(await call).toMatchObject({ reason: { message: "enough" } });
    expect(asked.asked("/execute")).toHaveLength(1);
  });
});

describe("a call belongs to", () => {
  const envelopes = (asked: { asked(path: string): readonly { body: Readonly<Record<string, unknown>> }[] }) =>
    asked.asked("/execute").map(({ body }) => body["envelope"]);

  test("the envelope around it, unless it says otherwise", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool");
    await fixture.manager.load("tool");
    await withCallEnvelope({ run_id: "r", actor: "outer", job_id: "outer" }, () => fixture.call("tool", {}, { jobId: "own" }));
    await fixture.manager.handle("tool").run("echo", { value: 1 });
    expect(envelopes(asked)).toEqual([{ run_id: "r", actor: "outer", job_id: "own" }, {}]);
  });
});

describe("progress", () => {
  test("of two calls of one job on one instance reaches both, and a listener that fails harms nobody", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool");
    await fixture.manager.load("tool", { maxConcurrentCalls: 2 });
    const heard: string[] = [];
    const listen = (name: string) => () => {
      heard.push(name);
      if (name === "b") throw new Error("a listener's own");
    };
    const calls = ["a", "b"].map((name) => fixture.begin("tool", { action: "wait" }, { onProgress: listen(name) }));
    await until("both heard", () => new Set(heard).size === 2);
    await fixture.manager.requestCancel("tool", "job");
    expect(await Promise.all(calls)).toMatchObject([{ reason: { code: "CJM_CANCELLED" } }, { reason: { code: "CJM_CANCELLED" } }]);
  });

  test("of a call without a job is asked for", async () => {
    const clock = new ManualClock();
    await using fixture = await ManagerFixture.create({ clock });
    const asked = fixture.script("tool", { progress: "stands" });
    await fixture.manager.load("tool");
    const heard: unknown[] = [];
    const call = fixture.manager.handle("tool").run("gate", { gate: "a" }, { onProgress: (progress) => heard.push(progress) });
    await until("it is heard", () => {
      clock.advance(1_000);
      return heard.length > 0;
    });
    asked.open("a");
    await call;
    expect(heard).toEqual([{ fraction: 0.5, message: "on its way" }]);
  });
});

describe("streams", () => {
  test("count as running calls and take a turn", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool");
    await fixture.manager.load("tool");
    const stream = fixture.manager.handle("tool").stream("anything", { count: 3 });
    await stream.next();
    expect(fixture.summary("tool").runningCalls).toBe(1);
    const waiting = fixture.begin("tool", { action: "pid" });
    await stream.return();
    expect(await waiting).toMatchObject({ status: "fulfilled" });
    expect(
      asked
        .asked()
        .map(({ path }) => path)
        .slice(-2),
    ).toEqual(["/execute_stream", "/execute"]);
    expect(fixture.summary("tool").runningCalls).toBe(0);
  });
});

describe("a handle", () => {
  test("loads, calls, decodes, configures and unloads its instance", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool");
    const decode = (data: unknown) => ({ decoded: data });
    const handle = fixture.manager.handle("tool", {
      instanceId: "mine",
      config: { a: 1 },
      wireTypes: new Map([["text", decode as never]]),
    });
    expect([handle.isLoaded, handle.summary]).toEqual([false, null]);
    await handle.load();
    expect(handle.summary).toMatchObject({ instanceId: "mine", config: { a: 1 } });
    expect(await handle.run("echo", { value: { __wire__: "text", data: { n: 1 } } })).toEqual({ decoded: { n: 1 } });
    expect(await handle.run("echo", { value: 5 })).toBe(5);
    expect(await handle.configure({ a: 2 })).toEqual({ a: 2 });
    expect(await handle.config()).toEqual({ a: 2 });
    await handle.disable();
    await expect(handle.run("echo", {})).rejects.toMatchObject({ code: "CJM_CAPABILITY_DISABLED" });
    await handle.enable();
    await handle.reload({ a: 3 });
    expect(await handle.config()).toEqual({ a: 3 });
    expect(await handle.unload()).toBe(true);
    expect(handle.isLoaded).toBe(false);
  });
});

describe("diagnostics", () => {
  test("are what the latest workers of that instance said, also without a journal to read", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool");
    await fixture.manager.load("tool");
    await fixture.begin("tool", { action: "exit" });
    await fixture.call("tool", { action: "pid" });
    await until("it is written", () => fixture.diagnostics.chunks.length >= 2);
    expect(fixture.manager.diagnostics("tool").map(({ kind, text }) => [kind, text])).toEqual(
      expect.arrayContaining([
        ["output", "about to fall over"],
        ["output", "segfault, more or less"],
      ]),
    );
    expect(fixture.manager.diagnostics("tool", { includeOutput: false })).toEqual([]);
    expect(fixture.manager.diagnostics("nobody")).toEqual([]);
  });
});
