import { until } from "@cjm/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

describe.each(WORKER_KINDS)("$language worker, cancellation and progress", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind);
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  const progressOf = async (query: string) => (await worker.get(`/progress${query}`)).json;
  const begun = (job: string) =>
    until(
      "it has begun",
      async () => JSON.stringify(await progressOf(`?job_id=${job}`)) === JSON.stringify({ progress: 0.1, message: "registered" }),
    );

  test("callbacks run once, in order, and one that fails keeps no other from it", async () => {
    const call = worker.execute("on_cancel", { gate: "callbacks" }, { job_id: "callbacks" });
    await begun("callbacks");
    await worker.post("/cancel", { job_id: "callbacks" });
    await worker.post("/cancel", { job_id: "callbacks" });
    expect((await call).status).toBe(409);
    await until("both callbacks", () => worker.output.includes("second callback"));
    const said = worker.output.split("\n").filter((line) => line.startsWith("callbacks: "));
    expect(said).toEqual(["callbacks: first callback", "callbacks: second callback"]);
  });

  test("of a call that has ended, callbacks do not run", async () => {
    await worker.execute("open_gate", { name: "ended" });
    expect((await worker.execute("on_cancel", { gate: "ended" }, { job_id: "ended" })).status).toBe(200);
    await worker.post("/cancel", { job_id: "ended" });
    await worker.post("/cancel");
    expect((await worker.execute("print_lines", { lines: ["after the end"] })).status).toBe(200);
    await until("the line", () => worker.output.includes("after the end"));
    expect(worker.output).not.toContain("ended: first callback");
  });

  test.each([
    ["a job that is no text", '{"job_id": 7}'],
    ["a job in a list", '{"job_id": ["deaf"]}'],
    ["no JSON", "{"],
    ["a list", "[]"],
  ])("%s cancels nothing, and says so", async (_name, body) => {
    const job = `kept-${body.length}`;
    const call = worker.execute("on_cancel", { gate: job }, { job_id: job });
    await begun(job);
    expect(await worker.send("POST", "/cancel", { body })).toMatchObject({
      status: 200,
      json: { status: "error", detail: expect.any(String) },
    });
    await worker.execute("open_gate", { name: job });
    expect((await call).status).toBe(200);
  });

  test("calls run at the same time", async () => {
    const replies = await Promise.all([worker.execute("meet", { own: "a", other: "b" }), worker.execute("meet", { own: "b", other: "a" })]);
    expect(replies.map((reply) => reply.json)).toEqual(["met", "met"]);
  });

  test("a call that has no job is cancelled with all", async () => {
    const call = worker.execute("on_cancel", { gate: "nobody" });
    await until(
      "it has begun",
      async () => JSON.stringify(await progressOf("")) === JSON.stringify({ progress: 0.1, message: "registered" }),
    );
    await worker.post("/cancel", { job_id: "somebody" });
    await worker.post("/cancel", {});
    expect((await call).status).toBe(409);
  });

  describe("progress", () => {
    test.each([
      ["of unknown length", -1, -1],
      ["in the middle", 0.25, 0.25],
      ["beyond the end", 7, 1],
      ["before the beginning", -0.5, 0],
      ["that is no number", null, 0],
    ])("%s is kept within its bounds", async (name, fraction, progress) => {
      const job = `report-${name.replaceAll(" ", "-")}`;
      await worker.execute("report", { fraction, message: "now" }, { job_id: job });
      expect(await progressOf("")).toEqual({ progress, message: "now" });
      expect(await worker.frame("progress", (frame) => frame.job_id === job && frame.message === "now")).toMatchObject({ progress });
    });

    test("without a message has none, whatever stood there before", async () => {
      await worker.execute("report", { fraction: 0.5 });
      expect(await progressOf("")).toEqual({ progress: 0.5, message: "" });
    });

    test("has messages of at most a thousand bytes", async () => {
      await worker.execute("report", { fraction: 0.5, message: "é".repeat(2000) });
      expect(await progressOf("")).toEqual({ progress: 0.5, message: "é".repeat(500) });
    });

    test("of a job can be asked for after its end, and while others run", async () => {
      await worker.execute("report", { fraction: 0.4, message: "mine" }, { job_id: "mine & only" });
      await worker.execute("report", { fraction: 0.6, message: "later" }, { job_id: "later" });
      expect(await progressOf("?job_id=mine%20%26%20only")).toEqual({ progress: 0.4, message: "mine" });
      expect(await progressOf("")).toEqual({ progress: 0.6, message: "later" });
    });

    test("is not forgotten because somebody asked for something else", async () => {
      await worker.execute("report", { fraction: 0.4, message: "mine" });
      for (const path of ["/config_options", "/config", "/stats"]) await worker.get(path);
      for (const path of ["/on_disable", "/on_enable"]) await worker.post(path);
      await worker.post("/task", { task: "none", method: "none", kwargs: {} });
      await worker.send("POST", "/execute", { body: "{" });
      expect(await progressOf("")).toMatchObject({ message: "mine" });
    });

    test("of the last moment is pushed, however soon after the one before", async () => {
      await worker.execute("report", { fraction: 0.9, message: "last" }, { job_id: "last-moment" });
      expect(await worker.frame("progress", (frame) => frame.job_id === "last-moment" && frame.progress === 0.9)).toMatchObject({
        message: "last",
      });
    });
  });
});
