import { jobErrorOfBody } from "@cjm/protocol";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

const CALL_PATHS = ["/execute", "/execute_stream", "/task"];
const task = { task: "probing", method: "double", kwargs: { value: 2 } };
const echo = { kwargs: { action: "echo", value: 1 } };

describe.each(WORKER_KINDS)("$language worker, request bodies", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind);
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  const bodyFor = (path: string, rest: object) => JSON.stringify({ ...(path === "/task" ? task : echo), ...rest });

  test.each(
    CALL_PATHS.flatMap((path) =>
      [
        ["invalid JSON", Buffer.from("{")],
        ["no body", Buffer.alloc(0)],
        ["a list", Buffer.from("[]")],
        ["null", Buffer.from("null")],
        ["a text", Buffer.from('"x"')],
        ["bytes that are no UTF-8", Buffer.from([...Buffer.from('{"kwargs": {"action": "echo", "value": "'), 0xff, ...Buffer.from('"}}')])],
      ].map(([name, body]) => [path, name as string, body as Buffer] as const),
    ),
  )("%s with %s is a plain 500 that closes the connection", async (path, _name, body) => {
    const reply = await worker.send("POST", path, { body });
    expect([reply.status, reply.text, reply.headers["connection"]]).toEqual([500, "Internal Server Error", "close"]);
  });

  test.each(
    CALL_PATHS.flatMap((path) =>
      [7, "text", [1], true].map((envelope) => [path, JSON.stringify(envelope), bodyFor(path, { envelope })] as const),
    ),
  )("%s with the envelope %s is a plain 500", async (path, _name, body) => {
    expect(await worker.send("POST", path, { body })).toMatchObject({ status: 500, text: "Internal Server Error" });
  });

  test.each(
    CALL_PATHS.flatMap((path) =>
      [null, {}, false, 0, "", []].map((envelope) => [path, JSON.stringify(envelope), bodyFor(path, { envelope })] as const),
    ),
  )("%s with the envelope %s has none", async (path, _name, body) => {
    expect((await worker.send("POST", path, { body })).status).toBe(200);
  });

  test.each([
    ["kwargs null", { ...task, kwargs: null }],
    ["kwargs a list", { ...task, kwargs: [1] }],
    ["kwargs a number", { ...task, kwargs: 7 }],
  ])("/task with %s is the caller's typed error", async (_name, body) => {
    const reply = await worker.post("/task", body);
    expect([reply.status, jobErrorOfBody(reply.json)?.category]).toEqual([500, "user_input"]);
  });

  test.each([
    ["args null", { args: null }],
    ["args an object", { args: {} }],
    ["kwargs null", { kwargs: null }],
    ["kwargs a text", { kwargs: "x" }],
  ])("/execute and /execute_stream with %s are the caller's typed error", async (_name, rest) => {
    const body = { ...echo, ...rest };
    const unary = await worker.post("/execute", body);
    expect([unary.status, jobErrorOfBody(unary.json)?.category]).toEqual([500, "user_input"]);
    const streamed = await worker.post("/execute_stream", body);
    expect([streamed.status, jobErrorOfBody(JSON.parse(streamed.text))?.category]).toEqual([200, "user_input"]);
  });

  test.each(["NaN", "Infinity", "-Infinity"])("bare %s is accepted wherever it stands, also in a large body", async (token) => {
    for (const padding of ["", "x".repeat(2 * 1024 * 1024)]) {
      const body = `{"kwargs": {"action": "add", "a": 1, "b": 2}, "later": [${token}], "padding": "${padding}"}`;
      expect(await worker.send("POST", "/execute", { body })).toMatchObject({ status: 200, json: 3 });
    }
    expect((await worker.send("POST", "/initialize", { body: `{"greeting": ${token}}` })).status).toBe(400);
    expect(await worker.post("/initialize", {})).toMatchObject({ status: 200 });
  });

  test("a byte order mark is passed over", async () => {
    expect(await worker.send("POST", "/execute", { body: `\ufeff${JSON.stringify(echo)}` })).toMatchObject({ status: 200, json: 1 });
  });

  test("a body that comes in chunks is read to its end, and the connection goes on", async () => {
    async function* chunks() {
      for (const part of ['{"kwargs": {"action": "echo", ', '"value": "', "é".repeat(100_000), '"}}']) yield Buffer.from(part);
    }
    const headers = { authorization: `Bearer ${worker.token}`, "content-type": "application/json" };
    const reply = await worker.send("POST", "/execute", { headers, body: chunks() as never });
    expect([reply.status, reply.json]).toEqual([200, "é".repeat(100_000)]);
    expect((await worker.execute("echo", { value: 2 })).json).toBe(2);
  });

  test.each([
    ["no length", "content-length: many"],
    ["a negative length", "content-length: -1"],
    ["chunks that are none", "transfer-encoding: chunked"],
  ])("%s is refused, and nothing waits for more", async (_name, header) => {
    const head = `POST /execute HTTP/1.1\r\nhost: worker\r\nauthorization: Bearer ${worker.token}\r\n${header}\r\n\r\nxyz\r\n`;
    expect(await worker.raw(head)).toMatch(/^HTTP\/1\.1 400 /);
  });

  test("larger than the limit is a 413 before it is read", async () => {
    const head = `POST /execute HTTP/1.1\r\nhost: worker\r\nauthorization: Bearer ${worker.token}\r\ncontent-length: ${257 * 1024 * 1024}\r\n\r\n`;
    const answer = await worker.raw(head);
    expect([answer.slice(0, 13), answer]).toEqual(["HTTP/1.1 413 ", expect.stringContaining('{"detail":')]);
  });

  test("of somebody without the token nothing is read", async () => {
    const answer = await worker.raw(`POST /execute HTTP/1.1\r\nhost: worker\r\ncontent-length: ${200 * 1024 * 1024}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  test.each(["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])(
    "%s of a path that takes another method is a 405 that names it",
    async (method) => {
      const reply = await worker.send(method as "GET", "/execute");
      expect([reply.status, reply.json, reply.headers["allow"]]).toEqual([405, { detail: "Method Not Allowed" }, "POST"]);
    },
  );

  test.each(["/", "/nowhere", "/execute/", "/Health"])("%s is a 404", async (path) => {
    expect(await worker.get(path)).toMatchObject({ status: 404, json: { detail: "Not Found" } });
  });
});
