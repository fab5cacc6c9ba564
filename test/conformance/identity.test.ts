import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WorkerUnderTest } from "./worker-harness.ts";
import { WORKER_KINDS } from "./worker-kinds.ts";

describe.each(WORKER_KINDS)("$language worker", (kind) => {
  let worker: WorkerUnderTest;
  beforeAll(async () => {
    worker = await WorkerUnderTest.start(kind);
  });
  afterAll(() => worker[Symbol.asyncDispose]());

  test("GET /health says who serves", async () => {
    const reply = await worker.get("/health");
    expect(reply.status).toBe(200);
    expect(reply.json).toEqual({ status: "running", pid: worker.pid, name: "probe", version: "1.0.0" });
    expect(reply.headers["content-type"]).toMatch(/^application\/json/);
  });

  test("the ready frame names the process and the protocol", async () => {
    expect(await worker.frame("ready")).toEqual({ type: "ready", protocol: 1, pid: worker.pid });
  });

  test("GET /stats has the five keys, the worker first in its subtree", async () => {
    const { json } = await worker.get("/stats");
    expect(Object.keys(json as object).sort()).toEqual(["cpu_percent", "memory_rss_mb", "pid", "subtree_pids", "usage"]);
    expect(json).toMatchObject({ pid: worker.pid, subtree_pids: [worker.pid], usage: null });
    expect((json as { memory_rss_mb: number }).memory_rss_mb).toBeGreaterThan(5);
  });

  test("GET /stats counts the processor since the time before", async () => {
    const share = async () => ((await worker.get("/stats")).json as { cpu_percent: number }).cpu_percent;
    await share();
    const call = worker.execute("busy", { seconds: 60 }, { job_id: "cpu" });
    await worker.usesProcessor();
    await worker.post("/cancel", { job_id: "cpu" });
    await call;
    await worker.idle();
    expect(await share()).toBeGreaterThanOrEqual(0);
  });

  test("GET /stats sums over children", async () => {
    const child = (await worker.execute("spawn_child", { setsid: true })).json as number;
    const { json } = await worker.get("/stats");
    expect((json as { subtree_pids: number[] }).subtree_pids).toContain(child);
    process.kill(child, "SIGKILL");
  });

  test("GET /structural_surface is sorted and holds public members only", async () => {
    const surface = (await worker.get("/structural_surface")).json as {
      methods: { name: string; signature: string; params: string[] }[];
      properties: string[];
      attributes: { name: string; type: string }[];
    };
    const lists = [surface.methods.map((method) => method.name), surface.properties, surface.attributes.map((attribute) => attribute.name)];
    for (const names of lists) {
      expect(names).toEqual([...names].sort());
      expect(names.filter((name) => name.startsWith("_"))).toEqual([]);
    }
    expect(surface.methods.find((method) => method.name === "cleanup")).toEqual({
      name: "cleanup",
      signature: expect.stringMatching(/^\(.*\)/),
      params: [],
    });
  });

  test("the action describe tells what there is", async () => {
    const { status, json } = await worker.execute("describe");
    expect(status).toBe(200);
    expect(json).toMatchObject({
      name: "probe",
      version: "1.0.0",
      description: "Shows what workers must get right.",
      runtime: { language: kind.language, version: expect.stringMatching(/^\d+\.\d+/) },
      dependencies: expect.any(Object),
    });
    const { actions } = json as { actions: { name: string }[] };
    expect(actions.map((action) => action.name)).toEqual(expect.arrayContaining(["echo", "add", "stream"]));
    expect(actions.map((action) => action.name)).not.toContain("describe");
    const keys = ["cache", "description", "idempotent", "input_schema", "name", "output_schema", "streams"];
    for (const action of actions) expect(Object.keys(action).sort()).toEqual(keys);
    expect(actions.find((action) => action.name === "add")).toMatchObject({
      idempotent: true,
      streams: false,
      input_schema: { type: "object", required: ["a", "b"] },
      output_schema: { type: expect.stringMatching(/^(number|integer)$/) },
    });
  });

  test.each([
    ["no token", undefined],
    ["a wrong token", `Bearer ${"0".repeat(64)}`],
    ["a token of another length", "Bearer short"],
    ["no scheme", "0".repeat(64)],
  ])("401 for %s, on every path", async (_name, authorization) => {
    for (const path of ["/health", "/execute", "/nowhere"]) {
      const headers = authorization === undefined ? {} : { authorization };
      const reply = await worker.send(path === "/execute" ? "POST" : "GET", path, { headers });
      expect([path, reply.status]).toEqual([path, 401]);
      expect(reply.json).toEqual({ detail: expect.any(String) });
    }
  });

  test("404 for an unknown path, 405 for a wrong method", async () => {
    expect(await worker.get("/nowhere")).toMatchObject({ status: 404, json: { detail: "Not Found" } });
    expect(await worker.get("/execute")).toMatchObject({ status: 405, json: { detail: "Method Not Allowed" } });
    expect(await worker.post("/health", {})).toMatchObject({ status: 405, json: { detail: "Method Not Allowed" } });
  });

  test.each(["/get_system_status", "/list_processes"])("404 for %s of a capability that is no monitor", async (path) => {
    expect(await worker.post(path)).toMatchObject({ status: 404, json: { detail: expect.any(String) } });
  });
});
