import { ACCOUNTS_HEADER, ACCOUNTS_HEADER_LIMIT_BYTES, decodeAccounts, jobErrorOfBody } from "@cjm/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Reply, WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

const JOB_ERROR_KEYS = [
  "category",
  "message",
  "retriable",
  "original_exc_repr",
  "traceback",
  "retry_after_seconds",
  "fields_invalid",
  "resource_shortfall",
  "capability_name",
  "capability_instance_id",
  "occurred_at",
];

const shortfall = { resource: "gpu_vram_mb", needed: 6000, available: 3500 };
const none = { retry_after_seconds: null, fields_invalid: null, resource_shortfall: null };

describe.each(WORKER_KINDS)("$language worker", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind);
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  const accountsOf = (reply: Reply) => decodeAccounts(reply.headers[ACCOUNTS_HEADER] as string | undefined);

  describe("results", () => {
    test.each([
      ["null", null],
      ["a text with all kinds of characters", 'é \u2028 \u{1f600} "\\ \n'],
      ["nested data", { list: [1, 2.5, { deep: [true, false, null] }], empty: {} }],
      ["a key that means something to JavaScript", JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}')],
    ])("%s comes back as it went", async (_name, value) => {
      const reply = await worker.execute("echo", { value });
      expect(reply.status).toBe(200);
      expect(reply.json).toEqual(value);
      expect(reply.headers["content-type"]).toMatch(/^application\/json/);
    });

    test("a megabyte comes back whole", async () => {
      const value = "é".repeat(1024 * 1024);
      expect((await worker.execute("echo", { value })).json).toBe(value);
    });

    test("compact, raw UTF-8", async () => {
      expect((await worker.execute("echo", { value: { a: ["é"] } })).text).toBe('{"a":["é"]}');
    });

    test("no value is JSON null, and no accounts are no header", async () => {
      const reply = await worker.execute("print_lines", { lines: [] });
      expect([reply.text, reply.headers[ACCOUNTS_HEADER]]).toEqual(["null", undefined]);
    });
  });

  describe("request bodies", () => {
    test.each([
      ["invalid JSON", "{"],
      ["an empty body", ""],
      ["a list", "[1]"],
      ["a number", "7"],
      ["an envelope that is no object", '{"kwargs":{"action":"echo","value":1},"envelope":7}'],
    ])("%s is a plain 500 that closes the connection", async (_name, body) => {
      const reply = await worker.send("POST", "/execute", { body });
      expect([reply.status, reply.text]).toEqual([500, "Internal Server Error"]);
      expect(reply.headers["content-type"]).toMatch(/^text\/plain/);
      expect(reply.headers["connection"]).toBe("close");
    });

    test.each([
      ["args null", { args: null, kwargs: { action: "echo" } }],
      ["kwargs null", { args: [], kwargs: null }],
    ])("%s is the caller's typed error", async (_name, body) => {
      const reply = await worker.post("/execute", body);
      expect(reply.status).toBe(500);
      expect(jobErrorOfBody(reply.json)?.category).toBe("user_input");
    });

    test.each([
      ["missing args", { kwargs: { action: "echo", value: 1 } }],
      ["unknown keys", { args: [], kwargs: { action: "echo", value: 1 }, later: true }],
      ["an empty envelope", { kwargs: { action: "echo", value: 1 }, envelope: {} }],
      ["a null envelope", { kwargs: { action: "echo", value: 1 }, envelope: null }],
    ])("%s are fine", async (_name, body) => {
      expect(await worker.post("/execute", body)).toMatchObject({ status: 200, json: 1 });
    });

    test("bare NaN of an older client is accepted", async () => {
      const reply = await worker.send("POST", "/execute", { body: '{"kwargs": {"action": "add", "a": 1, "b": 2}, "x": NaN}' });
      expect(reply).toMatchObject({ status: 200, json: 3 });
    });

    test("missing keys are empty: the error is that no action was named", async () => {
      expect(jobErrorOfBody((await worker.post("/execute", {})).json)).toMatchObject({ category: "user_input" });
    });
  });

  describe("errors", () => {
    test.each([
      ["user_input", { ...none, category: "user_input", retriable: true, fields_invalid: ["field"] }],
      ["transient", { ...none, category: "transient", retriable: true, retry_after_seconds: 1.5 }],
      ["resource", { ...none, category: "resource", retriable: true, resource_shortfall: shortfall }],
      ["fatal", { ...none, category: "fatal", retriable: false }],
    ])("a %s error has all eleven keys in order", async (category, expected) => {
      const reply = await worker.execute("fail", { category, message: "told so" });
      expect(reply.status).toBe(500);
      expect(Object.keys((reply.json as { _job_error: object })._job_error)).toEqual(JOB_ERROR_KEYS);
      expect(jobErrorOfBody(reply.json)).toMatchObject({
        ...expected,
        message: "told so",
        capability_name: "probe",
        capability_instance_id: null,
      });
      expect(jobErrorOfBody(reply.json)).toMatchObject({
        original_exc_repr: expect.stringMatching(/^Capability\w+Error\(/),
        traceback: expect.stringContaining("told so"),
        occurred_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/),
      });
    });

    test("an error that nobody typed is fatal", async () => {
      const error = jobErrorOfBody((await worker.execute("raise_plain")).json);
      expect(error).toMatchObject({
        ...none,
        category: "fatal",
        retriable: false,
        message: "something broke",
        original_exc_repr: kind.expected.plainErrorRepr,
      });
    });

    test("a cancelled error is a 409", async () => {
      expect(await worker.execute("fail", { category: "cancelled", message: "stopped" })).toMatchObject({
        status: 409,
        json: { detail: "stopped" },
      });
    });

    test.each([
      ["a missing argument", { a: 1 }, "b"],
      ["an argument of a wrong kind", { a: 1, b: "two" }, "b"],
      ["an unknown argument", { a: 1, b: 2, c: 3 }, "c"],
    ])("%s is named", async (_name, input, field) => {
      const error = jobErrorOfBody((await worker.execute("add", input)).json);
      expect(error).toMatchObject({ category: "user_input", fields_invalid: [field] });
      expect(error?.message).toContain(field);
    });

    test("an unknown action is answered with those that there are", async () => {
      const error = jobErrorOfBody((await worker.execute("sing")).json);
      expect(error?.category).toBe("user_input");
      expect(error?.message).toContain("echo");
    });
  });

  describe("envelope and usage", () => {
    test("the envelope reaches the capability", async () => {
      const envelope = { job_id: "j1", run_id: "r1", composition_id: "c1", node_id: "n1", actor: "ann", control: { force: true } };
      expect((await worker.execute("envelope", {}, envelope)).json).toEqual(envelope);
    });

    test("usage belongs to the latest call", async () => {
      await worker.execute("usage", { units: { tokens: 12, pages: 1.5 } });
      expect((await worker.get("/stats")).json).toMatchObject({ usage: { tokens: 12, pages: 1.5 } });
      await worker.execute("echo", { value: 1 });
      expect((await worker.get("/stats")).json).toMatchObject({ usage: null });
    });
  });

  describe("accounts", () => {
    test("travel in the header, in order, ASCII only", async () => {
      const accounts = accountsOf(await worker.execute("account", { count: 3, size: 4 }));
      expect(accounts).toEqual([0, 1, 2].map((index) => ({ event_type: "probe_account", payload: { index, text: "xxxx" } })));
    });

    test("do not leak into the next call", async () => {
      await worker.execute("account", { count: 1, size: 1 });
      expect(accountsOf(await worker.execute("echo", { value: 1 }))).toEqual([]);
    });

    test("beyond the limit the oldest are dropped and counted", async () => {
      const reply = await worker.execute("account", { count: 100, size: 2000 });
      const header = reply.headers[ACCOUNTS_HEADER] as string;
      expect(header.length).toBeLessThanOrEqual(ACCOUNTS_HEADER_LIMIT_BYTES);
      const accounts = decodeAccounts(header);
      const dropped = 100 - (accounts.length - 1);
      expect(accounts.at(-1)).toEqual({ event_type: "accounts_truncated", payload: { dropped, event_types: { probe_account: dropped } } });
      expect(accounts.at(-2)?.payload["index"]).toBe(99);
      expect(reply.status).toBe(200);
    });
  });

  describe("tasks", () => {
    test("a method is called with named arguments and leaves an account", async () => {
      const reply = await worker.post("/task", { task: "probing", method: "double", kwargs: { value: 21 } });
      expect(reply).toMatchObject({ status: 200, json: 42 });
      expect(accountsOf(reply)).toEqual([
        { event_type: "task_account", payload: { task: "probing", method: "double", ok: true, duration_s: expect.any(Number) } },
      ]);
    });

    test("a failing one too, with the category", async () => {
      const reply = await worker.post("/task", { task: "probing", method: "refuse", kwargs: {} });
      expect(jobErrorOfBody(reply.json)).toMatchObject({ category: "user_input", fields_invalid: ["value"] });
      expect(accountsOf(reply).map((account) => account.payload)).toEqual([
        { task: "probing", method: "refuse", ok: false, duration_s: expect.any(Number), error_category: "user_input" },
      ]);
    });

    test.each([
      ["an unknown task", { task: "singing", method: "double" }],
      ["an unknown method", { task: "probing", method: "triple" }],
      ["an empty method", { task: "probing", method: "" }],
      ["a missing method", { task: "probing" }],
      ["a private method", { task: "probing", method: "_hidden" }],
      ["an inherited one that belongs to the language", { task: "probing", method: "__class__" }],
    ])("%s is a 404 without an account", async (_name, body) => {
      const reply = await worker.post("/task", { ...body, kwargs: {} });
      expect(reply).toMatchObject({ status: 404, json: { detail: expect.any(String) } });
      expect(accountsOf(reply)).toEqual([]);
    });
  });
});
