import { until } from "@cjm/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Reply, WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

/** What the product promises for a control answer while a capability computes. */
const CONTROL_ANSWER_MS = 50;
const SAMPLES = 15;

describe.each(WORKER_KINDS)("$language worker", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind);
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  /** Starts a call and says whether it has been answered yet. */
  function pending(reply: Promise<Reply>): { readonly reply: Promise<Reply>; readonly answered: () => boolean } {
    let answered = false;
    const settled = reply.finally(() => {
      answered = true;
    });
    return { reply: settled, answered: () => answered };
  }

  /** Cancels until the call has ended: a cancellation that comes before its call hits nothing. */
  async function cancelUntilAnswered(body: unknown, calls: readonly { answered(): boolean }[]): Promise<void> {
    await until("the cancelled calls ended", async () => {
      expect(await worker.post("/cancel", body)).toMatchObject({ status: 200, json: { status: "cancelled" } });
      return calls.every((call) => call.answered());
    });
  }

  /** Of many, since a crowded machine delays some, and a computing capability that is waited for delays all. */
  async function fastestMs(path: string): Promise<number> {
    const times: number[] = [];
    for (let sample = 0; sample < SAMPLES; sample += 1) {
      const startedMs = performance.now();
      expect((await (path === "/cancel" ? worker.post(path, { job_id: "nobody" }) : worker.get(path))).status).toBe(200);
      times.push(performance.now() - startedMs);
    }
    return Math.min(...times);
  }

  const control = ["/health", "/progress", "/cancel", "/stats", "/config", "/config_schema", "/structural_surface"];

  test("control routes answer at once during a loop that never yields, and cancel ends it", async () => {
    const busy = pending(worker.execute("busy", { seconds: 600 }, { job_id: "busy-1" }));
    await worker.computing("busy-1");
    const fastest = await control.reduce<Promise<Record<string, number>>>(
      async (before, path) => ({ ...(await before), [path]: await fastestMs(path) }),
      Promise.resolve({}),
    );
    expect(busy.answered()).toBe(false);
    for (const path of control)
      expect([path, fastest[path] ?? Number.NaN]).toEqual([path, expect.toSatisfy((ms: number) => ms < CONTROL_ANSWER_MS)]);
    expect(await worker.post("/cancel", { job_id: "busy-1" })).toMatchObject({ status: 200, json: { status: "cancelled" } });
    expect(await busy.reply).toMatchObject({ status: 409, json: { detail: expect.any(String) } });
  });

  test("control routes answer while initialize computes", async () => {
    // Ended in the midst of it: nothing of it depends on how long it takes.
    await using own = await WorkerUnderTest.start(kind);
    const initialize = pending(own.post("/initialize", { slow_initialize_seconds: 600 }));
    initialize.reply.catch(() => {});
    await own.computing("initialize");
    for (const path of ["/health", "/progress", "/stats"]) expect((await own.get(path)).status).toBe(200);
    expect((await own.post("/cancel", { job_id: "nobody" })).status).toBe(200);
    expect(initialize.answered()).toBe(false);
  });

  test("cancel of one job leaves the other alone", async () => {
    const first = pending(worker.execute("busy", { seconds: 600 }, { job_id: "one" }));
    const second = pending(worker.execute("busy", { seconds: 1 }, { job_id: "two" }));
    await cancelUntilAnswered({ job_id: "one" }, [first]);
    expect((await first.reply).status).toBe(409);
    expect(await second.reply).toMatchObject({ status: 200, json: "done" });
  });

  test("cancel of the later job leaves the earlier one alone", async () => {
    const first = pending(worker.execute("busy", { seconds: 600 }, { job_id: "one" }));
    const second = pending(worker.execute("busy", { seconds: 600 }, { job_id: "two" }));
    await cancelUntilAnswered({ job_id: "two" }, [second]);
    expect((await second.reply).status).toBe(409);
    expect(first.answered()).toBe(false);
    await cancelUntilAnswered({ job_id: "one" }, [first]);
    expect((await first.reply).status).toBe(409);
  });

  test.each([
    ["an empty body", undefined],
    ["an empty object", {}],
    ["a null job", { job_id: null }],
  ])("cancel with %s hits every call", async (_name, body) => {
    const calls = ["a", "b"].map((job) => pending(worker.execute("busy", { seconds: 600 }, { job_id: job })));
    await cancelUntilAnswered(body, calls);
    expect(await Promise.all(calls.map(async (call) => (await call.reply).status))).toEqual([409, 409]);
  });

  test("a cancelled job does not cancel the next of the same name", async () => {
    await worker.post("/cancel", { job_id: "again" });
    expect(await worker.execute("busy", { seconds: 0.01 }, { job_id: "again" })).toMatchObject({ status: 200 });
  });

  test("a call that never checks goes on; the worker stays usable", async () => {
    const call = pending(worker.execute("busy", { seconds: 3, check: false }, { job_id: "deaf" }));
    await worker.computing("deaf");
    await worker.post("/cancel", { job_id: "deaf" });
    expect(await call.reply).toMatchObject({ status: 200, json: "done" });
    expect((await worker.execute("echo", { value: 1 })).json).toBe(1);
  });

  describe("progress", () => {
    test("is that of the latest call, and begins anew with each", async () => {
      await worker.execute("progress_steps", { steps: 4 }, { job_id: "p1" });
      expect((await worker.get("/progress")).json).toEqual({ progress: 1, message: "step 4" });
      await worker.execute("echo", { value: 1 });
      expect((await worker.get("/progress")).json).toEqual({ progress: 0, message: "" });
    });

    test("of a job that nobody knows is nothing", async () => {
      expect((await worker.get("/progress?job_id=nobody")).json).toEqual({ progress: 0, message: "" });
    });

    test("is pushed to the host with the job it belongs to", async () => {
      await worker.execute("progress_steps", { steps: 3 }, { job_id: "p2" });
      const frame = await worker.frame("progress", (candidate) => candidate.job_id === "p2" && candidate.progress === 1);
      expect(frame).toMatchObject({ type: "progress", job_id: "p2", progress: 1, message: "step 3", call_id: expect.any(String) });
    });
  });

  describe("diagnostics", () => {
    test.each(["INFO", "WARNING", "ERROR"])("a line of level %s carries its job", async (level) => {
      await worker.execute("log", { message: `a ${level} line`, level }, { job_id: `log-${level}` });
      const frame = await worker.frame("log", (candidate) => candidate.message === `a ${level} line`);
      expect(frame).toMatchObject({ level, job_id: `log-${level}`, exc_text: null, logger: "probe" });
      expect(frame.ts).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
    });

    test("a level below CJM_LOG_LEVEL is left out", async () => {
      await worker.execute("log", { message: "too low", level: "DEBUG" });
      await worker.execute("log", { message: "high enough", level: "INFO" });
      await worker.frame("log", (candidate) => candidate.message === "high enough");
      expect(worker.frames.filter((frame) => frame.type === "log" && frame.message === "too low")).toEqual([]);
    });

    test("what is printed comes out as it is", async () => {
      await worker.execute("print_lines", { lines: ["first é", "second"] });
      await until("both lines", () => worker.output.includes("first é\nsecond\n"));
    });
  });
});
