import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

describe.each(WORKER_KINDS)("$language worker, hooks of the author", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind, kind.lifecycleProbe);
  });
  afterAll(() => worker[Symbol.asyncDispose]());
  beforeEach(async () => {
    await worker.execute("seen");
  });

  const fresh = () => WorkerUnderTest.start(kind, kind.lifecycleProbe);
  const seen = async (by = worker) => (await by.execute("seen")).json;
  const greeting = async (by = worker) => (await by.execute("greeting")).json;
  const reconfigure = (oldConfig: object | null, newConfig: object | null, by = worker) =>
    by.post("/reconfigure", { old_config: oldConfig, new_config: newConfig });

  describe("of a capability that nobody initialised", () => {
    test("run with the defaults, by the first call and once", async () => {
      await using own = await fresh();
      expect(await own.get("/config")).toMatchObject({ status: 200, json: {} });
      expect([await greeting(own), await greeting(own)]).toEqual(["hello", "hello"]);
      expect(await seen(own)).toEqual(["initialize hello"]);
      expect((await own.get("/config")).json).toMatchObject({ greeting: "hello", model: "small" });
    });

    test("run before prefetch", async () => {
      await using own = await fresh();
      expect((await own.post("/prefetch")).json).toEqual({ status: "prefetched" });
      expect(await seen(own)).toEqual(["initialize hello", "prefetch"]);
    });

    test.each([[null], [{ greeting: "before" }]])(
      "run with what a reconfigure (from %j) brings, and the next call sees it",
      async (oldConfig) => {
        await using own = await fresh();
        expect((await reconfigure(oldConfig, { greeting: "first" }, own)).status).toBe(200);
        expect(await greeting(own)).toBe("first");
        expect(await seen(own)).toEqual(["initialize first"]);
      },
    );

    test("run before its options are asked for", async () => {
      await using own = await fresh();
      expect((await own.get("/config_options")).status).toBe(200);
      expect(await seen(own)).toEqual(["initialize hello"]);
    });
  });

  test("disable and enable run their hooks", async () => {
    await worker.post("/initialize", {});
    expect((await worker.post("/on_disable")).json).toEqual({ status: "disabled" });
    expect((await worker.post("/on_enable")).json).toEqual({ status: "enabled" });
    expect(await seen()).toEqual(["initialize hello", "on_disable", "on_enable"]);
  });

  test.each([
    ["/on_disable", { on_disable: "fail" }],
    ["/on_enable", { on_enable: "fail" }],
  ])("a failing %s is told in a 200, and in the log", async (path, config) => {
    await worker.post("/initialize", config);
    expect(await worker.post(path)).toMatchObject({ status: 200, json: { status: "error", detail: "told to fail" } });
    expect(await worker.frame("log", (frame) => frame.message.includes("told to fail"))).toMatchObject({ level: "ERROR" });
    expect((await worker.execute("greeting")).status).toBe(200);
  });

  test.each([
    ["/initialize", { initialize: "fail" }, 400],
    ["/prefetch", {}, 500],
    ["/reconfigure", { old_config: {}, new_config: { reconfigure: "fail" } }, 500],
  ])("a failing %s answers with its reason, and the worker goes on", async (path, body, status) => {
    if (path !== "/initialize") await worker.post("/initialize", { prefetch: "fail" });
    expect(await worker.post(path, body)).toMatchObject({ status, json: { detail: "told to fail" } });
    expect((await worker.execute("greeting")).status).toBe(200);
  });

  test("a failing cleanup is a plain 500, each time it is asked for, and ran once", async () => {
    await using own = await fresh();
    await own.post("/initialize", { cleanup: "fail" });
    for (let time = 0; time < 2; time += 1)
      expect(await own.post("/cleanup")).toMatchObject({ status: 500, text: "Internal Server Error" });
    expect(await seen(own)).toEqual(["initialize hello", "cleanup"]);
    own.kill("SIGTERM");
    expect(await own.exited).toEqual({ code: 0, signal: null });
  });

  test("initialised again, a capability is cleaned up again", async () => {
    await worker.post("/initialize", {});
    await worker.post("/cleanup");
    await worker.post("/initialize", { greeting: "again" });
    await worker.post("/cleanup");
    expect(await seen()).toEqual(["initialize hello", "cleanup", "initialize again", "cleanup"]);
  });

  describe("reconfigure", () => {
    test.each([
      ["nothing", {}, []],
      ["a field without a trigger", { greeting: "hi" }, []],
      ["a field with a trigger", { model: "large" }, ["release model small -> large, at small"]],
      ["two fields of one trigger", { model: "large", device: "cuda" }, ["release model small -> large, at small"]],
      ["the second field of a trigger", { device: "cuda" }, ["release model small -> small, at small"]],
      [
        "fields of two triggers",
        { voice: "deep", model: "large" },
        ["release model small -> large, at small", "release voice plain -> deep"],
      ],
      ["a field to its default, said in full", { model: "small", voice: "plain", device: "cpu" }, []],
    ])("that changes %s releases what it must, first and with the old configuration in place", async (_name, change, released) => {
      await worker.post("/initialize", {});
      expect((await reconfigure({}, change)).json).toEqual({ status: "reconfigured" });
      const now = (change as { greeting?: string }).greeting ?? "hello";
      expect(await seen()).toEqual(["initialize hello", ...released, `reconfigure hello -> ${now}`]);
      expect((await worker.get("/config")).json).toMatchObject({ greeting: now, ...change });
    });

    test("compares with what is in force, not with what the host thinks", async () => {
      await worker.post("/initialize", { model: "large" });
      await reconfigure({ model: "small" }, { model: "large" });
      expect(await seen()).toEqual(["initialize hello", "reconfigure hello -> hello"]);
    });

    test("that is refused releases nothing", async () => {
      await worker.post("/initialize", {});
      expect(await reconfigure({}, { model: 7, voice: "deep" })).toMatchObject({
        status: 500,
        json: { detail: expect.stringContaining("model") },
      });
      expect(await seen()).toEqual(["initialize hello"]);
    });

    test("whose release fails has released the rest, and the old configuration stands", async () => {
      await worker.post("/initialize", {});
      expect(await reconfigure({}, { model: "stuck", voice: "deep" })).toMatchObject({ status: 500, json: { detail: "cannot let go" } });
      expect(await seen()).toEqual(["initialize hello", "release model small -> stuck, at small", "release voice plain -> deep"]);
      expect((await worker.get("/config")).json).toMatchObject({ model: "small", voice: "plain" });
    });

    test("whose hook fails leaves the old configuration", async () => {
      await worker.post("/initialize", { greeting: "kept" });
      expect(await reconfigure({}, { greeting: "new", reconfigure: "fail" })).toMatchObject({
        status: 500,
        json: { detail: "told to fail" },
      });
      expect([(await worker.get("/config")).json, await greeting()]).toMatchObject([{ greeting: "kept" }, "kept"]);
    });

    test("to null is to the defaults", async () => {
      await worker.post("/initialize", { greeting: "hi" });
      expect((await reconfigure({ greeting: "hi" }, null)).status).toBe(200);
      expect(await greeting()).toBe("hello");
    });

    test.each(["{", "", "[]"])("with the body %j is a 500 with a reason", async (body) => {
      const reply = await worker.send("POST", "/reconfigure", { body });
      expect(reply).toMatchObject({ status: 500, json: { detail: expect.any(String) } });
    });
  });

  describe("options of the configuration", () => {
    test("have all keys, also those that the author left out", async () => {
      expect((await worker.get("/config_options")).json).toEqual({
        model: {
          options: [
            { value: "small", label: "Small", metadata: { megabytes: 39 } },
            { value: "large", label: "large", metadata: {} },
          ],
          constraints: { maxLength: 5 },
        },
        device: { options: [], constraints: {} },
      });
    });

    test("that fail are a plain 500 that closes the connection", async () => {
      await worker.post("/initialize", { options: "fail" });
      const reply = await worker.get("/config_options");
      expect([reply.status, reply.text, reply.headers["connection"]]).toEqual([500, "Internal Server Error", "close"]);
    });

    test("leave the schema as it is, and the schema tells of no triggers", async () => {
      const { text } = await worker.get("/config_schema");
      await worker.get("/config_options");
      expect((await worker.get("/config_schema")).text).toBe(text);
      expect(text).not.toContain("reload_trigger");
    });
  });
});
