import { jobErrorOfBody } from "@cjm/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

const point = { __wire__: "probe.point", data: { x: 1 } };

describe.each(WORKER_KINDS)("$language worker, results", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind);
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  test("what the language has and JSON has not is written as the contract says", async () => {
    const reply = await worker.execute("rich");
    expect(reply.json).toEqual({
      at: kind.expected.epoch,
      pair: [1, 2],
      keyed: { 1: "one" },
      big: 2 ** 64,
      nested: { deep: [{ x: 1 }] },
      nothing: null,
    });
    // Integers have no bound.
    expect(reply.text).toContain('"big":18446744073709551616');
  });

  test.each(["set", "nan", "infinity", "binary", "function", "cycle"])(
    "%s is nothing that JSON can hold: the caller's typed error",
    async (what) => {
      const reply = await worker.execute("unserialisable", { kind: what });
      expect(reply.status).toBe(500);
      expect(jobErrorOfBody(reply.json)).toMatchObject({
        category: "user_input",
        retriable: true,
        fields_invalid: [],
        capability_name: "probe",
      });
    },
  );

  test("a result that is nested too deeply is an answer, not the end of the worker", async () => {
    const reply = await worker.execute("deep", { depth: 200_000 });
    expect([reply.status, jobErrorOfBody(reply.json)?.category]).toEqual([500, "user_input"]);
    expect((await worker.execute("deep", { depth: 100 })).status).toBe(200);
  });

  describe("typed values", () => {
    test.each([
      ["value", point],
      ["empty", { __wire__: "probe.empty", data: {} }],
      ["nested", { inner: { x: 1 } }],
      ["list", [{ x: 1 }]],
      ["inside_typed", { __wire__: "probe.path", data: { points: [{ x: 1 }] } }],
      ["lookalike", { __wire__: "not.registered", data: { x: 1 } }],
    ])("%s: only the top of a result is typed", async (shape, json) => {
      expect((await worker.execute("typed", { shape })).json).toEqual(json);
    });

    test("are typed by what an action declares, by a task, and chunk by chunk", async () => {
      expect((await worker.execute("typed_by_schema")).json).toEqual(point);
      expect((await worker.post("/task", { task: "probing", method: "typed", kwargs: {} })).json).toEqual(point);
      const streamed = await worker.post("/execute_stream", { kwargs: { action: "stream_typed" } });
      expect(
        streamed.text
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line)),
      ).toEqual([point, { ...point, data: { x: 2 } }]);
      // Collected, they are inside of a list.
      expect((await worker.execute("stream_typed")).json).toEqual([{ x: 1 }, { x: 2 }]);
    });
  });
});
