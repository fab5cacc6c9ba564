import { until } from "@cjm/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

type Operation = "initialize" | "prefetch" | "reconfigure";

const FAILURE_STATUS = { initialize: 400, prefetch: 500, reconfigure: 500 } as const;
const DONE = { initialize: "ok", prefetch: "prefetched", reconfigure: "reconfigured" } as const;
const OPERATIONS: readonly Operation[] = ["initialize", "prefetch", "reconfigure"];

describe.each(WORKER_KINDS)("$language worker, lifecycle calls of a job", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind, kind.lifecycleProbe);
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  /** Sends the operation so that its hook does what `mode` says. `query` begins with `?` or is empty. */
  async function run(operation: Operation, mode: string, query: string) {
    if (operation === "initialize") return worker.post(`/initialize${query}`, { initialize: mode });
    await worker.post("/initialize", operation === "prefetch" ? { prefetch: mode } : {});
    if (operation === "prefetch") return worker.post(`/prefetch${query}`);
    return worker.post(`/reconfigure${query}`, { old_config: {}, new_config: { reconfigure: mode } });
  }

  const progressOf = async (query: string) => (await worker.get(`/progress${query}`)).json;
  const waiting = { progress: 0.25, message: "waiting" };

  test.each(OPERATIONS)("progress of %s is pushed under its job, and can be asked for after the end", async (operation) => {
    const job = `steps-${operation}`;
    expect(await run(operation, "steps", `?job_id=${job}`)).toMatchObject({ status: 200, json: { status: DONE[operation] } });
    const frame = await worker.frame("progress", (candidate) => candidate.job_id === job && candidate.progress === 1);
    expect(frame).toMatchObject({ message: "step 4", call_id: expect.any(String) });
    expect(await progressOf(`?job_id=${job}`)).toEqual({ progress: 1, message: "step 4" });
  });

  test.each(OPERATIONS.flatMap((operation) => ["wait", "spin"].map((mode) => [operation, mode] as const)))(
    "%s that goes on (%s) is answered for while it runs, and ends when its job is cancelled",
    async (operation, mode) => {
      const job = `${mode} & ${operation}`;
      const query = `?job_id=${encodeURIComponent(job)}`;
      let answered = false;
      const call = run(operation, mode, query).finally(() => {
        answered = true;
      });
      await until("it reports", async () => JSON.stringify(await progressOf(query)) === JSON.stringify(waiting));
      expect(await progressOf("")).toEqual(waiting);
      expect(await worker.post("/cancel", { job_id: "another" })).toMatchObject({ status: 200 });
      expect([answered, await progressOf(query)]).toEqual([false, waiting]);
      expect(await worker.post("/cancel", { job_id: job })).toMatchObject({ status: 200, json: { status: "cancelled" } });
      expect(await call).toMatchObject({ status: FAILURE_STATUS[operation], json: { detail: expect.stringMatching(/cancelled/) } });
    },
  );

  test.each(OPERATIONS)("%s is cancelled by a cancel of everything too", async (operation) => {
    const query = `?job_id=all-${operation}`;
    const call = run(operation, "wait", query);
    await until("it reports", async () => JSON.stringify(await progressOf(query)) === JSON.stringify(waiting));
    await worker.post("/cancel");
    expect((await call).status).toBe(FAILURE_STATUS[operation]);
  });

  test.each(["", "?job_id=", "?other=1"])("without a job (%j) progress belongs to none", async (query) => {
    const before = worker.frames.length;
    await run("initialize", "steps", query);
    await until("the last step", () => worker.frames.slice(before).some((frame) => frame.type === "progress" && frame.progress === 1));
    expect(worker.frames.slice(before)).toSatisfy((frames: typeof worker.frames) =>
      frames.every((frame) => frame.type !== "progress" || frame.job_id === null),
    );
    expect(await progressOf("?job_id=")).toEqual({ progress: 1, message: "step 4" });
  });

  test("a call that waits for an initialisation can be cancelled by itself", async () => {
    const initialize = run("initialize", "wait", "?job_id=loading");
    await until("it reports", async () => JSON.stringify(await progressOf("?job_id=loading")) === JSON.stringify(waiting));
    let answered = false;
    const call = worker.execute("seen", {}, { job_id: "early" }).finally(() => {
      answered = true;
    });
    await until("the call was cancelled", async () => {
      await worker.post("/cancel", { job_id: "early" });
      return answered;
    });
    expect((await call).status).toBe(409);
    await worker.post("/cancel", { job_id: "loading" });
    expect((await initialize).status).toBe(400);
  });

  test("a call that waited for an initialisation which was cancelled goes on by itself, with the defaults", async () => {
    const initialize = worker.post("/initialize?job_id=given-up", { initialize: "wait", greeting: "never seen" });
    await until("it reports", async () => JSON.stringify(await progressOf("?job_id=given-up")) === JSON.stringify(waiting));
    const call = worker.execute("greeting", {}, { job_id: "patient" });
    await worker.post("/cancel", { job_id: "given-up" });
    expect((await initialize).status).toBe(400);
    expect(await call).toMatchObject({ status: 200, json: "hello" });
  });

  test.each(OPERATIONS)("what %s logs on its failure carries the job, and the answer its reason", async (operation) => {
    const reply = await run(operation, "fail", `?job_id=fail-${operation}`);
    expect(reply).toMatchObject({ status: FAILURE_STATUS[operation], json: { detail: "told to fail" } });
    const frame = await worker.frame("log", (candidate) => candidate.job_id === `fail-${operation}`);
    expect(frame).toMatchObject({
      level: "ERROR",
      message: expect.stringContaining("told to fail"),
      exc_text: expect.stringContaining("told to fail"),
    });
  });
});
