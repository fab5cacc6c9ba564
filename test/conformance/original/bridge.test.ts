import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { decodeAccounts, jobErrorOfBody } from "@cjm/protocol";
import { temporaryFolder, until } from "@cjm/testing";
import { Agent } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WORKER_KINDS } from "../worker-kinds.ts";
import { ReferenceHost } from "./reference-host.ts";

describe.each(WORKER_KINDS)("a $language worker of ours under a host of the original", (kind) => {
  let host: ReferenceHost;
  beforeAll(async () => {
    host = await ReferenceHost.start(kind);
  });
  afterAll(() => host[Symbol.asyncDispose]());

  const cpuPercent = async (): Promise<number> => ((await host.send("GET", "/stats")).json as { cpu_percent: number }).cpu_percent;
  const computing = () => until("the worker computes", async () => (await cpuPercent()) > 12);

  test("answers the first question, without a token", async () => {
    const { status, json } = await host.send("GET", "/health");
    expect([status, json]).toMatchObject([200, { status: "running", name: "probe" }]);
  });

  test("is initialised and shows its configuration", async () => {
    expect((await host.send("POST", "/initialize", { greeting: "moin" })).json).toEqual({ status: "ok" });
    expect((await host.send("GET", "/config")).json).toMatchObject({ greeting: "moin" });
    expect((await host.send("GET", "/config_schema")).json).toMatchObject({ properties: { greeting: { default: "hello" } } });
    expect((await host.send("GET", "/structural_surface")).json).toHaveProperty("methods");
    expect((await host.send("POST", "/initialize", { greeting: 7 })).status).toBe(400);
  });

  test("runs actions, and reports errors as the original would", async () => {
    expect((await host.execute("add", { a: 2, b: 3 })).json).toBe(5);
    const failed = await host.execute("fail", { category: "resource", message: "too big" });
    expect([failed.status, jobErrorOfBody(failed.json)]).toMatchObject([500, { category: "resource", message: "too big" }]);
    expect((await host.execute("fail", { category: "cancelled", message: "stopped" })).status).toBe(409);
  });

  test("runs tasks and sends the accounts along", async () => {
    const done = await host.send("POST", "/task", { task: "probing", method: "double", kwargs: { value: 4 } });
    expect([done.status, done.json]).toEqual([200, 8]);
    expect(decodeAccounts(done.headers["x-cjm-accounts"] as string)).toMatchObject([{ event_type: "task_account" }]);
    expect((await host.send("POST", "/task", { task: "other", method: "double" })).status).toBe(404);
  });

  test("streams in lines that the original's client can split", async () => {
    expect(await host.streamed({ action: "stream", count: 3 })).toEqual([0, 1, 2].map((index) => ({ index, text: "a\u2028b" })));
    const failed = await host.streamed({ action: "stream", count: 3, fail_at: 1 });
    expect(failed).toMatchObject([{ index: 0 }, { _job_error: { category: "user_input" } }]);
  });

  test("a host that leaves a stream ends it", async () => {
    const agent = new Agent();
    const { body } = await host.stream({ action: "stream", count: 100_000_000 }, agent);
    for await (const _ of body) break;
    await computing();
    await agent.destroy();
    await until("the worker is idle", async () => {
      await new Promise((resolve) => setTimeout(resolve, 250));
      return (await cpuPercent()) < 8;
    });
  });

  test("answers control requests while it computes, and is cancelled", async () => {
    const call = host.execute("busy", { seconds: 600 }, { job_id: "busy" });
    await host.computing("busy");
    expect((await host.send("GET", "/health")).status).toBe(200);
    expect((await host.send("GET", "/progress")).json).toHaveProperty("progress");
    expect((await host.send("POST", "/cancel")).json).toEqual({ status: "cancelled" });
    expect((await call).status).toBe(409);
  });

  test("tells its progress when it is asked", async () => {
    await host.execute("progress_steps", { steps: 2 });
    expect((await host.send("GET", "/progress")).json).toEqual({ progress: 1, message: "step 2" });
  });

  test("many calls at once, each with its own answer", async () => {
    const values = Array.from({ length: 24 }, (_, index) => index);
    const replies = await Promise.all(values.map((value) => host.execute("echo", { value })));
    expect(replies.map(({ json }) => json)).toEqual(values);
  });

  test("megabytes pass unchanged", async () => {
    const value = "äöü€😀".repeat(300_000);
    expect((await host.execute("echo", { value })).json === value).toBe(true);
  });

  test("a plain failure closes the connection, and the next call works", async () => {
    const reply = await host.send("POST", "/execute", []);
    expect([reply.status, reply.text]).toEqual([500, "Internal Server Error"]);
    expect((await host.execute("echo", { value: 1 })).json).toBe(1);
  });

  test("its secrets stay between bridge and worker", async () => {
    const { pid } = (await host.send("GET", "/health")).json as { pid: number };
    const [folder, ...others] = readdirSync(join(host.folder, "tmp"));
    expect(others).toEqual([]);
    const socket = join(host.folder, "tmp", folder ?? "", "w.sock");
    expect(readFileSync(`/proc/${pid}/cmdline`, "utf8")).toContain(socket);
    const environment = await readFile(`/proc/${pid}/environ`, "utf8");
    expect(environment).toContain("PROBE_VARIABLE=from the manifest");
    expect(environment).toMatch(/CJM_WORKER_SESSION_ID=[0-9a-f-]{36}/);
    expect(environment).not.toMatch(/token|bearer/i);
  });
});

describe.each(WORKER_KINDS)("what a $language worker of ours says under a host of the original", (kind) => {
  test("goes into the database that the host names, under its job", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "below", "diagnostics.db");
    await using host = await ReferenceHost.start(kind, { env: { CJM_DIAGNOSTICS_DB: path } });
    const { session } = await host.event(({ event }) => event === "ready");
    await host.execute("log", { message: "äh", level: "WARNING" }, { job_id: "j1" });
    await host.cleanup();
    using database = new DatabaseSync(path);
    const rows = database.prepare("SELECT ts, level, logger_name, message, job_id, worker_session_id FROM records").all();
    expect(rows).toContainEqual({
      ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/),
      level: "WARNING",
      logger_name: expect.any(String),
      message: "äh",
      job_id: "j1",
      worker_session_id: session,
    });
    expect(host.output).not.toContain("äh");
  });

  test("goes to its output otherwise", async () => {
    await using host = await ReferenceHost.start(kind);
    await host.execute("log", { message: "a warning", level: "WARNING" });
    await host.event(({ event, line }) => event === "output" && /WARNING .*: a warning$/.test(line));
  });
});

test.each(WORKER_KINDS)("a $language worker does not hold the host's listener", async (kind) => {
  await using host = await ReferenceHost.start(kind, { fd: 41 });
  const { pid } = (await host.send("GET", "/health")).json as { pid: number };
  expect(readlinkSync(`/proc/${pid}/fd/41`)).toBe("/dev/null");
});
