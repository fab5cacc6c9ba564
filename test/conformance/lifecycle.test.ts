import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

describe.each(WORKER_KINDS)("$language worker", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind);
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  test("the schema of the configuration has types and defaults", async () => {
    expect((await worker.get("/config_schema")).json).toMatchObject({
      type: "object",
      properties: { greeting: { type: "string", default: "hello" }, slow_initialize_seconds: { type: "number", default: 0 } },
    });
  });

  test("initialize sets the configuration over the defaults", async () => {
    expect(await worker.post("/initialize", { greeting: "hi" })).toMatchObject({ status: 200, json: { status: "ok" } });
    expect((await worker.get("/config")).json).toEqual({ greeting: "hi", slow_initialize_seconds: 0 });
    expect(await worker.post("/initialize", {})).toMatchObject({ status: 200, json: { status: "ok" } });
    expect((await worker.get("/config")).json).toEqual({ greeting: "hello", slow_initialize_seconds: 0 });
  });

  test.each([
    ["a value of a wrong kind", '{"slow_initialize_seconds": "long"}', "slow_initialize_seconds"],
    ["an unknown field", '{"speed": 1}', "speed"],
    ["invalid JSON", "{", ""],
    ["an empty body", "", ""],
    ["a list", "[]", ""],
  ])("initialize refuses %s with a 400 that says which", async (_name, body, field) => {
    const reply = await worker.send("POST", "/initialize", { body });
    expect([reply.status, Object.keys(reply.json as object)]).toEqual([400, ["detail"]]);
    expect((reply.json as { detail: string }).detail).toContain(field);
  });

  test("a refused configuration leaves the worker usable", async () => {
    await worker.post("/initialize", { speed: 1 });
    expect((await worker.execute("echo", { value: 1 })).json).toBe(1);
  });

  test("reconfigure changes the configuration", async () => {
    await worker.post("/initialize", {});
    const body = { old_config: { greeting: "hello" }, new_config: { greeting: "good day" } };
    expect(await worker.post("/reconfigure", body)).toMatchObject({ status: 200, json: { status: "reconfigured" } });
    expect((await worker.get("/config")).json).toMatchObject({ greeting: "good day" });
    expect(await worker.post("/reconfigure", { old_config: null, new_config: { greeting: "hi" } })).toMatchObject({ status: 200 });
    expect((await worker.get("/config")).json).toMatchObject({ greeting: "hi" });
  });

  test("a refused reconfigure is a 500 with its reason and leaves the old configuration", async () => {
    await worker.post("/initialize", { greeting: "kept" });
    const reply = await worker.post("/reconfigure", { old_config: { greeting: "kept" }, new_config: { greeting: 7 } });
    expect(reply).toMatchObject({ status: 500, json: { detail: expect.stringContaining("greeting") } });
    expect((await worker.get("/config")).json).toMatchObject({ greeting: "kept" });
  });

  test.each([
    ["/prefetch", "prefetched"],
    ["/on_disable", "disabled"],
    ["/on_enable", "enabled"],
  ])("POST %s answers %s, with and without a body", async (path, status) => {
    expect(await worker.post(path)).toMatchObject({ status: 200, json: { status } });
    expect(await worker.post(path, {})).toMatchObject({ status: 200, json: { status } });
  });

  test("no options of the configuration are an empty object", async () => {
    expect(await worker.get("/config_options")).toMatchObject({ status: 200, json: {} });
  });

  test("cleanup runs once, however often it is asked for, and at the end", async () => {
    await using other = await WorkerUnderTest.start(kind);
    await other.post("/initialize", {});
    for (let time = 0; time < 2; time += 1)
      expect(await other.post("/cleanup")).toMatchObject({ status: 200, json: { status: "cleaned" } });
    other.kill("SIGTERM");
    expect(await other.exited).toEqual({ code: 0, signal: null });
    expect(other.output.match(/cleaned up/g)).toHaveLength(1);
  });

  test("a call needs no initialize before it", async () => {
    await using other = await WorkerUnderTest.start(kind);
    expect((await other.execute("add", { a: 1, b: 2 })).json).toBe(3);
  });
});
