import { isCancelledJobError } from "@cjm/core";
import { decodeStreamFrame, STREAM_CONTENT_TYPE } from "@cjm/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

describe.each(WORKER_KINDS)("$language worker", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind);
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  const stream = (kwargs: Readonly<Record<string, unknown>>, envelope?: Readonly<Record<string, unknown>>) =>
    worker.post("/execute_stream", { args: [], kwargs, envelope });
  const framesOf = (text: string) => text.split("\n").flatMap((line) => decodeStreamFrame(line) ?? []);

  test("every chunk is a line of ASCII JSON; a clean end is success", async () => {
    const reply = await stream({ action: "stream", count: 3 });
    expect([reply.status, reply.headers["content-type"]]).toEqual([200, STREAM_CONTENT_TYPE]);
    expect(framesOf(reply.text)).toEqual([0, 1, 2].map((index) => ({ kind: "chunk", value: { index, text: "a\u2028b" } })));
    expect(reply.text.endsWith("\n")).toBe(true);
    expect(Buffer.from(reply.text).every((byte) => byte < 127)).toBe(true);
  });

  test("an action that does not stream is one chunk", async () => {
    expect(framesOf((await stream({ action: "add", a: 1, b: 2 })).text)).toEqual([{ kind: "chunk", value: 3 }]);
  });

  test("nothing to stream is an empty body", async () => {
    expect(await stream({ action: "stream", count: 0 })).toMatchObject({ status: 200, text: "" });
  });

  test("a failure is the last line, after what went well", async () => {
    const reply = await stream({ action: "stream", count: 5, fail_at: 2 });
    const frames = framesOf(reply.text);
    expect([reply.status, frames.map((frame) => frame.kind)]).toEqual([200, ["chunk", "chunk", "error"]]);
    expect(frames.at(-1)).toMatchObject({
      error: { category: "user_input", message: "failed at 2", fields_invalid: ["fail_at"], capability_name: "probe" },
    });
  });

  test.each([
    ["wrong arguments", { action: "stream", count: "many" }],
    ["an unknown action", { action: "sing" }],
  ])("%s are the only line", async (_name, kwargs) => {
    const reply = await stream(kwargs);
    expect([reply.status, framesOf(reply.text)]).toMatchObject([200, [{ kind: "error", error: { category: "user_input" } }]]);
  });

  test.each([
    ["invalid JSON", "{"],
    ["an envelope that is no object", '{"kwargs":{},"envelope":7}'],
  ])("%s is a plain 500", async (_name, body) => {
    expect(await worker.send("POST", "/execute_stream", { body })).toMatchObject({ status: 500, text: "Internal Server Error" });
  });

  test("execute collects what is streamed", async () => {
    expect((await worker.execute("stream", { count: 2 })).json).toEqual([0, 1].map((index) => ({ index, text: "a\u2028b" })));
  });

  test("a cancelled stream ends with the cancelled error", async () => {
    const response = await worker.request("POST", "/execute_stream", {
      body: JSON.stringify({ kwargs: { action: "stream", count: 10_000_000 }, envelope: { job_id: "stream-1" } }),
    });
    const body = response.body[Symbol.asyncIterator]();
    await body.next();
    await worker.post("/cancel", { job_id: "stream-1" });
    let last = "";
    for (let part = await body.next(); part.done !== true; part = await body.next()) last = (last + String(part.value)).slice(-100_000);
    const final = decodeStreamFrame(last.trimEnd().split("\n").at(-1) ?? "");
    expect(final?.kind === "error" && isCancelledJobError(final.error)).toBe(true);
  });

  test("a reader that goes away ends the generator", async () => {
    const response = await worker.request("POST", "/execute_stream", {
      body: JSON.stringify({ kwargs: { action: "stream", count: 10_000_000 } }),
    });
    await response.body[Symbol.asyncIterator]().next();
    response.body.destroy();
    await worker.idle();
    expect((await worker.execute("echo", { value: 1 })).json).toBe(1);
  });

  test("a slow reader holds the generator back", async () => {
    const response = await worker.request("POST", "/execute_stream", {
      body: JSON.stringify({ kwargs: { action: "stream", count: 10_000_000 } }),
    });
    const before = (await worker.get("/stats")).json as { memory_rss_mb: number };
    await worker.idle();
    const after = (await worker.get("/stats")).json as { memory_rss_mb: number };
    expect(after.memory_rss_mb - before.memory_rss_mb).toBeLessThan(150);
    response.body.destroy();
  });
});
