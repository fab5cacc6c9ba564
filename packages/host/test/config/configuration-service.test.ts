import type { JsonObject } from "@cjm/core";
import { until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { ManagerFixture } from "../manager-fixture.ts";

const SCHEMA: JsonObject = {
  type: "object",
  properties: {
    model: { type: "string", enum: ["small", "large"], default: "small" },
    beams: { type: "integer", minimum: 1, default: 4 },
  },
};
const withSchema = { code: { config_schema: SCHEMA } };

describe("an update", () => {
  test("reconfigures the worker, and is in force, hashed, journaled and remembered", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool", {}, withSchema);
    const { pid, configHash } = await fixture.manager.load("tool", { config: { beams: 2 } });
    await expect(fixture.manager.configuration.update("tool", { model: "large" })).resolves.toEqual({ model: "large", beams: 4 });
    expect(asked.asked("/reconfigure")).toMatchObject([
      { pid, body: { old_config: { model: "small", beams: 2 }, new_config: { model: "large", beams: 4 } } },
    ]);
    expect(fixture.summary("tool")).toMatchObject({ pid, config: { model: "large", beams: 4 } });
    expect(fixture.summary("tool").configHash).not.toBe(configHash);
    await expect(fixture.manager.configuration.read("tool")).resolves.toEqual({ model: "large", beams: 4 });
    expect(fixture.configs.get("tool")).toEqual({ config: { model: "large" }, enabled: true, workerEnv: {} });
    await fixture.writer.flushed();
    expect(fixture.rows("config_applied")).toEqual([
      { phase: "load", config_keys: ["beams", "model"], enabled: true },
      { phase: "reconfigure", config_keys: ["beams", "model"] },
    ]);
    expect(fixture.journal.events.at(-1)?.configHash).toBe(fixture.summary("tool").configHash);
  });

  test("initialises a worker that cannot reconfigure", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool", { reconfigure: "not_supported" }, withSchema);
    const { pid } = await fixture.manager.load("tool");
    await fixture.manager.configuration.update("tool", { beams: 8 });
    expect(asked.asked("/initialize").map(({ body }) => body)).toEqual([
      { model: "small", beams: 4 },
      { model: "small", beams: 8 },
    ]);
    expect(fixture.summary("tool").pid).toBe(pid);
  });

  test("that the capability refuses leaves the old one in force, in the worker and in what is remembered", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", { reconfigure: "refuses" }, withSchema);
    const before = await fixture.manager.load("tool", { config: { beams: 2 } });
    await expect(fixture.manager.configuration.update("tool", { beams: 8 })).rejects.toMatchObject({
      code: "CJM_CALL_FAILED",
      message: "tool failed to reconfigure: I refuse this change",
    });
    expect(fixture.summary("tool")).toEqual(before);
    expect(fixture.configs.get("tool")).toBeNull();
    await expect(fixture.call("tool", { still: "works" })).resolves.toEqual({ still: "works" });
  });

  test("that leaves a worker half initialised gives the next call a new one with the old configuration", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool", { reconfigure: "not_supported", initialize: "refuses" });
    const { pid } = await fixture.manager.load("tool");
    await expect(fixture.manager.configuration.update("tool", { beams: 8 })).rejects.toThrow("I refuse this configuration");
    expect(fixture.summary("tool")).toMatchObject({ state: "cold", config: {}, pid: null });
    expect(await fixture.call("tool", { action: "pid" })).not.toBe(pid);
    expect(asked.asked("/initialize")).toHaveLength(1);
  });

  test("that is given up in the middle does the same", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool", { reconfigure: "hangs" });
    await fixture.manager.load("tool");
    const controller = new AbortController();
    const update = Promise.allSettled([fixture.manager.configuration.update("tool", { beams: 8 }, { signal: controller.signal })]);
    await until("it is asked", () => asked.asked("/reconfigure").length === 1);
    controller.abort(new Error("never mind"));
    expect(await update).toMatchObject([{ reason: { message: "never mind" } }]);
    expect(fixture.summary("tool")).toMatchObject({ state: "cold", config: {} });
    await expect(fixture.call("tool", { still: "works" })).resolves.toEqual({ still: "works" });
  });

  test("whose worker dies says so, and the next one has the old configuration", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool", { reconfigure: "dies" }, withSchema);
    await fixture.manager.load("tool");
    await expect(fixture.manager.configuration.update("tool", { beams: 8 })).rejects.toMatchObject({
      code: "CJM_WORKER_DIED",
      message: expect.stringMatching(/during a reconfiguration \(exit code 9\)[\s\S]*reconfigure dies/),
    });
    await fixture.call("tool", {});
    expect(asked.asked("/initialize").at(-1)?.body).toEqual({ model: "small", beams: 4 });
  });

  test("waits for running calls and holds up the ones after", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool");
    await fixture.manager.load("tool", { maxConcurrentCalls: 2 });
    const running = fixture.begin("tool", { action: "gate", gate: "first" });
    await until("it runs", () => asked.asked("/execute").length === 1);
    const update = fixture.manager.configuration.update("tool", { beams: 8 });
    const after = fixture.begin("tool", { after: true });
    asked.open("first");
    await Promise.all([running, update, after]);
    expect(
      asked
        .asked()
        .map(({ path }) => path)
        .filter((path) => path !== "/config_schema"),
    ).toEqual(["/execute", "/reconfigure", "/execute"]);
  });

  test("of an instance that was unloaded meanwhile changes nothing that is remembered", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool");
    await fixture.manager.load("tool");
    const running = fixture.begin("tool", { action: "gate", gate: "first" });
    await until("it runs", () => asked.asked("/execute").length === 1);
    const update = Promise.allSettled([fixture.manager.configuration.update("tool", { beams: 8 })]);
    await fixture.manager.unload("tool");
    expect(await update).toMatchObject([{ reason: { code: "CJM_CAPABILITY_NOT_LOADED" } }]);
    expect(await running).toMatchObject({ reason: { code: "CJM_WORKER_DIED" } });
    expect(fixture.configs.get("tool")).toBeNull();
  });

  test("with faults names them all before anything is waited for", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool", {}, withSchema);
    await fixture.manager.load("tool");
    const running = fixture.begin("tool", { action: "gate", gate: "first" });
    await expect(fixture.manager.configuration.update("tool", { beams: 0, modle: "x" })).rejects.toMatchObject({
      code: "CJM_CAPABILITY_CONFIG_INVALID",
      details: { fieldsInvalid: ["modle", "beams"] },
    });
    const lenient = fixture.manager.configuration.update("tool", { modle: "x", beams: 2 }, { unknownFields: "drop" });
    asked.open("first");
    await running;
    expect(await lenient).toEqual({ model: "small", beams: 2 });
  });

  test("of an instance without a worker is told to its next one", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool", {}, withSchema);
    await fixture.manager.load("tool");
    process.kill(fixture.summary("tool").pid ?? 0, "SIGKILL");
    await until("it is down", () => fixture.summary("tool").state === "down");
    await fixture.manager.configuration.update("tool", { beams: 8 });
    expect(asked.asked("/reconfigure")).toEqual([]);
    await fixture.call("tool", {});
    expect(asked.asked("/initialize").at(-1)?.body).toEqual({ model: "small", beams: 8 });
  });
});

describe("a configuration can be looked at", () => {
  test("in the worker, or as the next worker gets it", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", { configSchema: '{"properties": {"live": {}}}', configOptions: '{"model": {"options": []}}' }, withSchema);
    await fixture.manager.load("tool");
    const { configuration } = fixture.manager;
    expect(await configuration.read("tool")).toEqual({ model: "small", beams: 4 });
    expect(await configuration.schema("tool")).toEqual({ properties: { live: {} } });
    expect(await configuration.options("tool")).toEqual({ model: { options: [] } });
    process.kill(fixture.summary("tool").pid ?? 0, "SIGKILL");
    await until("it is down", () => fixture.summary("tool").state === "down");
    expect(await configuration.read("tool")).toEqual({ model: "small", beams: 4 });
    expect(await configuration.schema("tool")).toEqual(SCHEMA);
  });

  test("options that cannot be told are none, with the reason in the journal", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", { configOptions: "[no JSON" });
    await fixture.manager.load("tool");
    expect(await fixture.manager.configuration.options("tool")).toEqual({});
    await fixture.writer.flushed();
    expect(fixture.rows("config_options_failed")).toEqual([{ reason: expect.stringContaining("no JSON") }]);
  });

  test("without loading, for its faults", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", {}, withSchema);
    expect(fixture.manager.configuration.check("tool", { beams: 0 })).toEqual([{ field: "beams", message: "must be >= 1" }]);
    expect(fixture.manager.configuration.check("tool", {})).toEqual([]);
    expect(() => fixture.manager.configuration.check("tol", {})).toThrow("Did you mean 'tool'");
  });
});
