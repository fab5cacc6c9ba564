import { existsSync } from "node:fs";
import { join } from "node:path";
import { isRunning, ManualClock, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { ManagerFixture } from "./manager-fixture.ts";

describe("loading", () => {
  test("starts a worker once, whoever asks and how often", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.install("tool");
    const [first, second] = await Promise.all([fixture.manager.load("tool"), fixture.manager.load("tool")]);
    expect(first).toEqual(second);
    expect(first).toMatchObject({ instanceId: "tool", state: "ready", version: "1.0.0" });
    expect(await fixture.eventTypes()).toEqual(["worker_spawned", "worker_ready", "config_applied"]);
  });

  test("a mistyped name says what is there", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.install("documents");
    await expect(fixture.manager.load("dokuments")).rejects.toMatchObject({
      code: "CJM_CAPABILITY_NOT_FOUND",
      message: expect.stringContaining("Did you mean 'documents'?"),
      hint: expect.stringContaining("install-all"),
    });
  });

  test.each([
    ["ExitsAtOnce", { code: "CJM_WORKER_START_FAILED", message: expect.stringContaining("cannot find the model") }],
    ["Reports", { code: "CJM_WORKER_START_FAILED", message: expect.stringContaining("config: not a zod object"), category: "user_input" }],
  ])("a worker that fails to start (%s) leaves nothing behind and says why", async (className, error) => {
    await using fixture = await ManagerFixture.create();
    fixture.install("tool", className);
    await expect(fixture.manager.load("tool")).rejects.toMatchObject(error);
    expect(fixture.manager.instances()).toEqual([]);
    const spawned = fixture.journal.events.find(({ eventType }) => eventType === "worker_spawned");
    expect(isRunning(Number(spawned?.payload["pid"]))).toBe(false);
    expect((await fixture.eventTypes()).at(-1)).toBe("worker_died");
  });

  test("a worker that never becomes ready is ended at the deadline, with its output in the error", async () => {
    const clock = new ManualClock();
    await using fixture = await ManagerFixture.create({ startTimeoutMs: 1_500, clock });
    fixture.install("tool", "Silent");
    const loading = fixture.manager.load("tool").catch((error: unknown) => error);
    await until("it imports", () => fixture.diagnostics.chunks.some(({ content }) => content.includes("still importing")));
    clock.advance(1_500);
    expect(await loading).toMatchObject({ code: "CJM_WORKER_START_TIMEOUT", message: expect.stringContaining("still importing") });
    const spawned = fixture.journal.events.find(({ eventType }) => eventType === "worker_spawned");
    expect(isRunning(Number(spawned?.payload["pid"]))).toBe(false);
  });

  test("a start can be given up", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.install("tool", "Silent");
    const controller = new AbortController();
    const loading = fixture.manager.load("tool", { signal: controller.signal });
    await until("the worker was spawned", () => fixture.journal.events.length > 0);
    controller.abort(new Error("changed my mind"));
    await expect(loading).rejects.toThrow("changed my mind");
    expect(fixture.manager.instances()).toEqual([]);
  });

  test("frames that nobody knows are passed over", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.install("tool", "Garbage");
    await expect(fixture.manager.load("tool")).resolves.toMatchObject({ state: "ready" });
  });

  test("an interpreter that is not there", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.install("tool", "Plain", {}, { python_path: "/nowhere/node" });
    await expect(fixture.manager.load("tool")).rejects.toMatchObject({
      code: "CJM_WORKER_START_FAILED",
      hint: expect.stringContaining("install-all"),
    });
  });
});

describe("configuration", () => {
  const schema = {
    type: "object",
    properties: {
      model: { type: "string", enum: ["small", "large"], default: "small" },
      beams: { type: "integer", minimum: 1, default: 4 },
    },
  };

  test("every bad field is listed, by name and by value, before anything starts", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.install("tool", "Plain", { config_schema: schema });
    await expect(fixture.manager.load("tool", { config: { model: "medium", beams: 0, modle: "small" } })).rejects.toMatchObject({
      code: "CJM_CAPABILITY_CONFIG_INVALID",
      details: { fieldsInvalid: ["modle", "model", "beams"] },
    });
    expect(fixture.journal.events).toEqual([]);
  });

  test("given over remembered over defaults", async () => {
    const record = { config: { model: "large", beams: 2 }, enabled: true, workerEnv: {} };
    await using fixture = await ManagerFixture.create({ configs: { get: () => record, change: () => {} } });
    fixture.install("tool", "Plain", { config_schema: schema });
    await expect(fixture.manager.load("tool", { config: { beams: 8 } })).resolves.toMatchObject({ config: { model: "large", beams: 8 } });
  });

  test("a capability that refuses its configuration fails the load with its own words", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.install("tool");
    await expect(fixture.manager.load("tool", { config: { refuse: true } })).rejects.toThrow("I refuse this configuration");
    expect(fixture.manager.instances()).toEqual([]);
  });

  test("a disabled instance refuses calls", async () => {
    await using fixture = await ManagerFixture.create({
      configs: { get: () => ({ config: {}, enabled: false, workerEnv: {} }), change: () => {} },
    });
    fixture.install("tool");
    await fixture.manager.load("tool");
    await expect(fixture.call("tool", {})).rejects.toMatchObject({ code: "CJM_CAPABILITY_DISABLED" });
  });
});

describe("the environment of a worker", () => {
  test("holds what was declared and nothing of the host's secrets", async () => {
    await using fixture = await ManagerFixture.create({
      hostEnvironment: { ...process.env, AWS_SECRET_ACCESS_KEY: "hunter2", NODE_PATH: "/elsewhere", PYTHONPATH: "/elsewhere" },
      secrets: { get: (name, key) => (name === "tool" && key === "API_KEY" ? "s3cret" : null) },
    });
    const entry = { label: "", description: "", options: null, required: false, secret: false, default: null };
    const worker_env = [
      { ...entry, name: "API_KEY", secret: true, required: true },
      { ...entry, name: "CACHE", default: "${CAPABILITY_DATA_DIR}/cache" },
      { ...entry, name: "BROKEN", default: "${NOWHERE}" },
      { ...entry, name: "MISSING", secret: true, required: true },
    ];
    fixture.install("tool", "Plain", { worker_env }, { env_vars: { THREADS: "4" } });
    await fixture.manager.load("tool");
    const environment = (await fixture.call("tool", { action: "environment" })) as Record<string, string>;
    const dataDir = join(fixture.folder.path, "data", "tool");
    expect(environment).toMatchObject({
      API_KEY: "s3cret",
      CACHE: `${dataDir}/cache`,
      THREADS: "4",
      CAPABILITY_DATA_DIR: dataDir,
      PATH: process.env["PATH"],
    });
    expect(Object.keys(environment)).not.toEqual(expect.arrayContaining(["AWS_SECRET_ACCESS_KEY"]));
    for (const name of ["AWS_SECRET_ACCESS_KEY", "NODE_PATH", "PYTHONPATH", "BROKEN", "MISSING"])
      expect(environment).not.toHaveProperty(name);
    expect(existsSync(dataDir)).toBe(true);
    const spawned = fixture.journal.events.find(({ eventType }) => eventType === "worker_spawned");
    expect(spawned?.payload["env_overlay_keys"]).toEqual(["API_KEY", "CACHE"]);
    expect(JSON.stringify(fixture.journal.events)).not.toContain("s3cret");
    expect(spawned?.payload["warnings"]).toEqual([
      expect.stringContaining("BROKEN"),
      expect.stringContaining("cjm-ctl set-secret tool MISSING"),
    ]);
  });
});
