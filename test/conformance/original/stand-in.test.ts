import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { canonicalHash, parseLosslessJson } from "@cjm/core";
import { decodeAccounts, decodeStreamFrame, jobErrorOfBody } from "@cjm/protocol";
import { temporaryFolder, until } from "@cjm/testing";
import { Agent, request } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KeeperUnderTest } from "./keeper-harness.ts";

// What hosts must cope with in the original's workers; the stand-in shows it, so that tests of a host need no original.

describe("the stand-in for the original's worker", () => {
  let keeper: KeeperUnderTest;
  beforeAll(async () => {
    keeper = await KeeperUnderTest.start();
  });
  afterAll(() => keeper[Symbol.asyncDispose]());

  test("initialise blocks everything while it runs", async () => {
    const order: string[] = [];
    const note = (name: string) => (reply: { status: number }) => order.push(`${name} ${reply.status}`);
    const began = keeper.send("POST", "/initialize", { initialize_seconds: 2 }).then(note("initialize"));
    await until("the worker sleeps in it", async () => {
      const late = AbortSignal.timeout(400);
      const { port } = await keeper.ready;
      return request(`http://127.0.0.1:${port}/health`, { signal: late }).then(
        () => false,
        () => true,
      );
    });
    await Promise.all([began, keeper.send("GET", "/health").then(note("health")), keeper.send("GET", "/progress").then(note("progress"))]);
    expect(order[0]).toBe("initialize 200");
  });

  test("a refused configuration is a 400 with its reason", async () => {
    const reply = await keeper.send("POST", "/initialize", 7);
    expect([reply.status, reply.text]).toEqual([400, '{"detail":"the configuration is no object"}']);
  });

  test.each([
    ["user_input", true],
    ["transient", true],
    ["resource", true],
    ["fatal", false],
  ])("a %s error is typed and keeps its accounts", async (category, retriable) => {
    const reply = await keeper.execute("fail", { category });
    expect(reply.status).toBe(500);
    expect(jobErrorOfBody(reply.json)).toMatchObject({ category, retriable, message: "asked for", capability_name: "stand-in" });
    expect(decodeAccounts(reply.headers["x-cjm-accounts"] as string)).toEqual([{ event_type: "stand_in_account", payload: { category } }]);
  });

  test("a cancelled call is a 409 that has lost its accounts", async () => {
    const reply = await keeper.execute("fail", { category: "cancelled" });
    expect([reply.status, reply.json, reply.headers["x-cjm-accounts"]]).toEqual([409, { detail: "asked for" }, undefined]);
  });

  test("a task records an account by itself", async () => {
    const reply = await keeper.send("POST", "/task", { task: "stand-in", method: "refuse" });
    expect(decodeAccounts(reply.headers["x-cjm-accounts"] as string)).toMatchObject([
      { event_type: "task_account", payload: { task: "stand-in", method: "refuse", ok: false, error_category: "user_input" } },
    ]);
  });

  test.each([
    ["an unknown task", { task: "other", method: "double" }],
    ["an unknown method", { task: "stand-in", method: "triple" }],
    ["a private method", { task: "stand-in", method: "_tool" }],
  ])("%s is a 404", async (_name, body) => {
    expect((await keeper.send("POST", "/task", body)).status).toBe(404);
  });

  test("one flag cancels every running call, and a new call lifts it", async () => {
    const calls = [1, 2].map(() => keeper.execute("sleep", { seconds: 600 }));
    await until("both run", () => (keeper.output.match(/sleeping/g) ?? []).length >= 2);
    expect((await keeper.send("POST", "/cancel")).text).toBe('{"status":"cancelled"}');
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([409, 409]);
    expect((await keeper.execute("sleep", { seconds: 0 })).status).toBe(200);
  });

  test("progress is never reset", async () => {
    await keeper.execute("report", { progress: 1, message: "done" });
    await keeper.execute("echo", { value: 1 });
    expect(JSON.parse((await keeper.send("GET", "/progress")).text)).toEqual({ progress: 1, message: "done" });
  });

  test("usage is reset by a call, and not by a stream", async () => {
    await keeper.execute("report", { progress: 1, message: "", usage: { tokens: 3 } });
    await keeper.send("POST", "/execute_stream", { kwargs: { count: 1 } });
    expect(JSON.parse((await keeper.send("GET", "/stats")).text)).toMatchObject({ usage: { tokens: 3 } });
    await keeper.execute("echo");
    expect(JSON.parse((await keeper.send("GET", "/stats")).text)).toMatchObject({ usage: null });
  });

  test("a stream may hold NaN, fails in its last line and has no accounts", async () => {
    const reply = await keeper.send("POST", "/execute_stream", { kwargs: { count: 3, nan_at: 0, fail_at: 1 } });
    expect(reply.text).toContain("NaN");
    expect(reply.text.split("\n").map((line) => decodeStreamFrame(line)?.kind)).toEqual(["chunk", "error", undefined]);
    expect(reply.headers["x-cjm-accounts"]).toBeUndefined();
  });

  test("a reader that leaves a stream ends its generator", async () => {
    const { port } = await keeper.ready;
    const agent = new Agent();
    const body = JSON.stringify({ kwargs: { count: 10_000, pause_seconds: 0.01 } });
    const response = await request(`http://127.0.0.1:${port}/execute_stream`, { dispatcher: agent, method: "POST", body });
    const before = (keeper.output.match(/is dropped/g) ?? []).length;
    for await (const _ of response.body) break;
    await agent.destroy();
    await until("the generator ends", () => (keeper.output.match(/is dropped/g) ?? []).length > before);
  });

  test.each(["{", "[]", ""])("a body %j is a plain 500 that closes the connection", async (body) => {
    const { port } = await keeper.ready;
    const response = await request(`http://127.0.0.1:${port}/execute`, { method: "POST", body });
    expect([response.statusCode, response.headers["content-type"], response.headers["connection"]]).toEqual([
      500,
      "text/plain; charset=utf-8",
      "close",
    ]);
    expect(await response.body.text()).toBe("Internal Server Error");
  });

  test.each([
    ["GET", "/nowhere", 404, "Not Found"],
    ["POST", "/health", 405, "Method Not Allowed"],
    ["POST", "/get_system_status", 404, "Capability 'stand-in' is not a monitor capability."],
  ] as const)("%s %s is %d", async (method, path, status, detail) => {
    const reply = await keeper.send(method, path);
    expect([reply.status, JSON.parse(reply.text)]).toEqual([status, { detail }]);
  });

  test.each(["not_json", "not_a_number"])("a result that is %s is the caller's error", async (action) => {
    const reply = await keeper.execute(action);
    expect([reply.status, jobErrorOfBody(reply.json)?.category]).toEqual([500, "user_input"]);
  });

  test("its schema hashes like Python's text of it", async () => {
    const { text } = await keeper.send("GET", "/config_schema");
    expect(text).toContain("1e-05");
    expect(canonicalHash(parseLosslessJson(text))).toBe("sha256:df9b80e23d1a25e0955c78ef38acbae943ffd17ce0509c4f66d49087e17a0196");
  });

  test("memory it holds shows in its figures", async () => {
    expect((await keeper.execute("allocate", { mb: 64 })).json).toBe(64);
    const { pid } = await keeper.ready;
    const stats = JSON.parse((await keeper.send("GET", "/stats")).text) as { pid: number; memory_rss_mb: number; subtree_pids: number[] };
    expect(stats).toMatchObject({ pid, subtree_pids: [pid] });
    expect(stats.memory_rss_mb).toBeGreaterThan(64);
  });
});

test("log lines go to the diagnostics database, under their job", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "diagnostics.db");
  await using keeper = await KeeperUnderTest.start({ env: { CJM_DIAGNOSTICS_DB: path } });
  expect((await keeper.execute("envelope", {}, { job_id: "j1" })).json).toEqual({ job_id: "j1" });
  using database = new DatabaseSync(path);
  expect(database.prepare("SELECT level, message, job_id, worker_session_id FROM records").all()).toEqual([
    { level: "INFO", message: "asked whose call it is", job_id: "j1", worker_session_id: "session-of-a-keeper" },
  ]);
});
