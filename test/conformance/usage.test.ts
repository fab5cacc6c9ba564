import { readFileSync } from "node:fs";
import { decodeUsage, USAGE_HEADER } from "@cjm/protocol";
import { until } from "@cjm/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Reply, WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

const fixtures = JSON.parse(readFileSync(new URL("../../packages/protocol/fixtures/usage-headers.json", import.meta.url), "utf8")) as {
  readonly name: string;
  readonly usage: Record<string, number>;
}[];

describe.each(WORKER_KINDS)("$language worker, usage of a call", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind);
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  const headerOf = (reply: Reply) => reply.headers[USAGE_HEADER] as string | undefined;

  test.each(fixtures)("golden: $name arrives in ASCII", async ({ usage }) => {
    const header = headerOf(await worker.execute("usage", { units: usage })) ?? "";
    expect(header).toMatch(/^\{[\x20-\x7e]*\}$/);
    expect(decodeUsage(header)).toEqual(usage);
  });

  test.each([
    ["return", 200],
    ["fail", 500],
    ["cancel", 409],
  ])("comes with a call that ends by %s", async (ending, status) => {
    const reply = await worker.execute("usage", { units: { tokens: 3 }, ending });
    expect([reply.status, decodeUsage(headerOf(reply))]).toEqual([status, { tokens: 3 }]);
  });

  test("comes with a task", async () => {
    const reply = await worker.post("/task", { task: "probing", method: "used", kwargs: { units: { pages: 2 } } });
    expect([reply.status, decodeUsage(headerOf(reply))]).toEqual([200, { pages: 2 }]);
  });

  test.each([
    ["a call that reported none", () => worker.execute("echo", { value: 1 })],
    ["an empty report", () => worker.execute("usage", { units: {} })],
    ["a task that does not exist", () => worker.post("/task", { task: "none", method: "none", kwargs: {} })],
    ["a failure without a report", () => worker.execute("raise_plain")],
    ["a stream, whose headers go first", () => worker.post("/execute_stream", { kwargs: { action: "usage", units: { tokens: 1 } } })],
  ])("has no header for %s", async (_name, send) => {
    await worker.execute("usage", { units: { before: 1 } });
    expect(headerOf(await send())).toBeUndefined();
  });

  test("belongs to its own call, also when another runs", async () => {
    const first = worker.execute("usage_then_gate", { units: { first: 1 }, gate: "usage" });
    await until("it has reported", async () => (await worker.get("/stats")).text.includes('"first"'));
    expect(decodeUsage(headerOf(await worker.execute("usage", { units: { second: 2 } })))).toEqual({ second: 2 });
    await worker.execute("open_gate", { name: "usage" });
    expect(decodeUsage(headerOf(await first))).toEqual({ first: 1 });
  });

  test("of a stream stands in /stats, and a stream begins with none", async () => {
    await worker.execute("usage", { units: { before: 1 } });
    await worker.post("/execute_stream", { kwargs: { action: "stream", count: 1 } });
    expect((await worker.get("/stats")).json).toMatchObject({ usage: null });
    await worker.post("/execute_stream", { kwargs: { action: "usage", units: { tokens: 4 } } });
    expect((await worker.get("/stats")).json).toMatchObject({ usage: { tokens: 4 } });
  });

  test("a unit that is reported again is replaced, and the others stay", async () => {
    const reply = await worker.execute("usage_twice", { first: { tokens: 1, pages: 1 }, second: { tokens: 2 } });
    expect(decodeUsage(headerOf(reply))).toEqual({ tokens: 2, pages: 1 });
  });

  test("that is no number is left out, and the log says so", async () => {
    const reply = await worker.execute("odd_usage", {}, { job_id: "odd-usage" });
    expect([reply.status, decodeUsage(headerOf(reply))]).toEqual([200, { tokens: 1 }]);
    expect((await worker.get("/stats")).json).toMatchObject({ usage: { tokens: 1 } });
    const frame = await worker.frame("log", (candidate) => candidate.job_id === "odd-usage");
    expect(frame).toMatchObject({ level: "WARNING", message: expect.stringContaining("endless") });
  });

  test("that fills no header is cut to what fits, and the log names the rest", async () => {
    const units = Object.fromEntries(Array.from({ length: 2000 }, (_, index) => [`unit_${index}`, index]));
    const reply = await worker.execute("usage", { units }, { job_id: "much-usage" });
    const used = decodeUsage(headerOf(reply)) ?? {};
    expect(reply.status).toBe(200);
    expect(headerOf(reply)?.length).toBeLessThanOrEqual(8 * 1024);
    expect(Object.keys(used).length).toBeGreaterThan(300);
    const frame = await worker.frame("log", (candidate) => candidate.job_id === "much-usage");
    const named = Object.keys(units).filter((unit) => !(unit in used) && new RegExp(`\\b${unit}\\b`).test(frame.message));
    expect(named.length + Object.keys(used).length).toBe(2000);
  });
});
