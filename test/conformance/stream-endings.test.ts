import { decodeStreamFrame, STREAM_CONTENT_TYPE } from "@cjm/protocol";
import { until } from "@cjm/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

/** Holds everything at which readers of the original end a line. */
const TEXT = "a\v\f\u001c\u001d\u001e\u0085\u2028\u2029\u{1f600}é\r\nb";

describe.each(WORKER_KINDS)("$language worker, how streams end", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind);
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  const post = (kwargs: Readonly<Record<string, unknown>>) => worker.post("/execute_stream", { kwargs });
  const odd = async (chunk: string) => (await post({ action: "stream_odd", kind: chunk })).text.split("\n");

  async function open(kwargs: Readonly<Record<string, unknown>>, jobId: string) {
    const body = JSON.stringify({ kwargs, envelope: { job_id: jobId } });
    const response = await worker.request("POST", "/execute_stream", { body });
    return { response, parts: response.body[Symbol.asyncIterator]() };
  }

  async function restOf(parts: AsyncIterator<unknown>): Promise<string> {
    let text = "";
    for (let part = await parts.next(); part.done !== true; part = await parts.next()) text += String(part.value);
    return text;
  }

  describe("chunks", () => {
    test("no byte of them ends a line for anybody but the end itself", async () => {
      const [first, line, end] = await odd("separators");
      expect([first, end]).toEqual(['"first"', ""]);
      expect(line).toMatch(/^[ -~]*$/);
      expect(JSON.parse(line ?? "")).toBe(TEXT);
    });

    test("may hold bare NaN and Infinity, as in the original", async () => {
      const [, line] = await odd("nan");
      expect(line?.replaceAll(" ", "")).toBe('{"loss":NaN,"bounds":[-Infinity,Infinity],"text":"NaN"}');
      expect(decodeStreamFrame(line ?? "")).toEqual({ kind: "chunk", value: { loss: null, bounds: [null, null], text: "NaN" } });
    });

    test.each([
      ["null", null],
      ["typed", { __wire__: "probe.point", data: { x: 1 } }],
      ["nested_typed", { inner: { x: 1 } }],
    ])("%s is a line like any other", async (chunk, value) => {
      const [, line] = await odd(chunk);
      expect(JSON.parse(line ?? "")).toEqual(value);
    });

    test.each(["reserved", "set"])("%s is none: the stream ends with the author's error", async (chunk) => {
      const lines = await odd(chunk);
      expect([lines[0], lines.length]).toEqual(['"first"', 3]);
      expect(decodeStreamFrame(lines[1] ?? "")).toMatchObject({ kind: "error", error: { category: "user_input", retriable: true } });
    });

    test("arrive as they are made", async () => {
      const { response, parts } = await open({ action: "stream_gate", gate: "arrive" }, "arrive");
      expect([response.statusCode, response.headers["content-type"], response.headers["transfer-encoding"]]).toEqual([
        200,
        STREAM_CONTENT_TYPE,
        "chunked",
      ]);
      expect(JSON.parse(String((await parts.next()).value))).toEqual({ n: 0 });
      await worker.execute("open_gate", { name: "arrive" });
      expect((await restOf(parts)).trimEnd().split("\n")).toHaveLength(999);
      await until("the generator is closed", () => worker.output.includes("closed arrive, not cancelled"));
    });
  });

  test.each(["between two chunks", "while a chunk is made"])(
    "a reader that goes away %s lets the generator's finally run, uncancelled",
    async (when) => {
      const gate = when.replaceAll(" ", "-");
      if (when === "between two chunks") await worker.execute("open_gate", { name: gate });
      const { response, parts } = await open({ action: "stream_gate", gate }, gate);
      await parts.next();
      response.body.destroy();
      await worker.execute("open_gate", { name: gate });
      await until("the generator is closed", () => worker.output.includes(`closed ${gate}, not cancelled`));
      // Nothing of it is left to be cancelled.
      expect(await worker.post("/cancel", { job_id: gate })).toMatchObject({ json: { status: "cancelled" } });
      expect((await worker.execute("echo", { value: 1 })).json).toBe(1);
    },
  );

  test("a cancelled stream ends with the cancelled error as its last line, and its finally runs", async () => {
    const { parts } = await open({ action: "stream_gate", gate: "cancelled" }, "stream-cancel");
    await parts.next();
    await worker.post("/cancel", { job_id: "another" });
    await worker.post("/cancel", { job_id: "stream-cancel" });
    const lines = (await restOf(parts)).trimEnd().split("\n");
    expect(decodeStreamFrame(lines.at(-1) ?? "")).toMatchObject({
      kind: "error",
      error: { category: "transient", retriable: false, original_exc_repr: expect.stringMatching(/^CapabilityCancelledError/) },
    });
    await until("the generator is closed", () => worker.output.includes("closed cancelled, cancelled"));
  });

  test("cancelled before it began, it is nothing but the error", async () => {
    const { parts } = await open({ action: "gate", name: "never" }, "early");
    await worker.post("/cancel", { job_id: "early" });
    expect(decodeStreamFrame(await restOf(parts))).toMatchObject({ kind: "error", error: { category: "transient", retriable: false } });
  });

  test.each([
    ["an unknown argument", { action: "stream", count: 1, colour: "red" }, ["colour"]],
    ["a missing argument", { action: "stream" }, ["count"]],
    ["no action", {}, ["action"]],
  ])("%s is the only line", async (_name, kwargs, fields) => {
    const lines = (await post(kwargs)).text.trimEnd().split("\n");
    expect([lines.length, decodeStreamFrame(lines[0] ?? "")]).toMatchObject([
      1,
      { kind: "error", error: { category: "user_input", fields_invalid: fields } },
    ]);
  });

  test("two at a time do not mix", async () => {
    const texts = await Promise.all([200, 300].map(async (count) => (await post({ action: "stream", count })).text));
    expect(
      texts.map((text) =>
        text
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line).index),
      ),
    ).toEqual([200, 300].map((count) => Array.from({ length: count }, (_, index) => index)));
  });
});

describe.each(WORKER_KINDS)("$language worker, a capability that serves calls by itself", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind, { ...kind.probes["own-execute"], adapters: [] });
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  test.each([
    ["named arguments", { kwargs: { a: 1 } }, { args: [], kwargs: { a: 1 } }],
    ["positional arguments", { args: [1, "two", null] }, { args: [1, "two", null], kwargs: {} }],
    ["both", { args: [[1]], kwargs: { b: {} } }, { args: [[1]], kwargs: { b: {} } }],
    ["neither", {}, { args: [], kwargs: {} }],
  ])("gets %s as they came, on both channels", async (_name, body, expected) => {
    expect((await worker.post("/execute", body)).json).toEqual(expected);
    expect(JSON.parse((await worker.post("/execute_stream", body)).text)).toEqual(expected);
  });
});

describe.each(WORKER_KINDS)("$language worker, positional arguments of an action", (kind) => {
  test("the action may be the one positional argument, and no other argument may", async () => {
    await using worker = await WorkerUnderTest.start(kind);
    expect(await worker.post("/execute", { args: ["add"], kwargs: { a: 1, b: 2 } })).toMatchObject({ status: 200, json: 3 });
    expect((await worker.post("/execute_stream", { args: ["add"], kwargs: { a: 1, b: 2 } })).text).toBe("3\n");
    for (const body of [
      { args: ["add", 1, 2], kwargs: {} },
      { args: ["add"], kwargs: { action: "add", a: 1, b: 2 } },
      { args: [7], kwargs: {} },
    ])
      expect(await worker.post("/execute", body)).toMatchObject({ status: 500, json: { _job_error: { category: "user_input" } } });
  });
});
