import { until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { ManagerFixture } from "../manager-fixture.ts";

const SCHEMA = { type: "object", properties: { beams: { type: "integer", minimum: 1, default: 4 } } };

describe("a reload", () => {
  test("keeps what the instance was loaded with, and what was changed since", async () => {
    await using fixture = await ManagerFixture.create();
    const entry = { name: "THREADS", label: "", description: "", options: null, required: false, secret: false, default: null };
    fixture.script(
      "tool",
      {},
      { code: { config_schema: SCHEMA, worker_env: [entry], structural_surface: { methods: [{ name: "run" }] } } },
    );
    fixture.writeAdapter("First", [{ name: "run" }]);
    fixture.writeAdapter("Second", [{ name: "run" }]);
    await fixture.manager.load("tool", { config: { beams: 2 }, maxConcurrentCalls: 3, adapters: ["m.Second"] });
    fixture.manager.environment.setOverrides("tool", { THREADS: "8" });
    const { pid, ...before } = fixture.summary("tool");
    await fixture.manager.reload("tool");
    const { pid: next, ...after } = fixture.summary("tool");
    expect(next).not.toBe(pid);
    expect(after).toEqual(before);
    expect(after).toMatchObject({ maxConcurrentCalls: 3, adapters: ["m:Second"], config: { beams: 2 } });
    expect(await fixture.call("tool", { action: "environment" })).toMatchObject({ THREADS: "8" });
  });

  test("takes a configuration, and later reloads keep it", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool", {}, { code: { config_schema: SCHEMA } });
    await fixture.manager.load("tool", { config: { beams: 2 } });
    await fixture.manager.reload("tool", { config: { beams: 8 } });
    await fixture.manager.reload("tool");
    expect(asked.asked("/initialize").map(({ body }) => body)).toEqual([{ beams: 2 }, { beams: 8 }, { beams: 8 }]);
  });

  test("goes by the manifest as it was discovered last: another default is in force", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", {}, { code: { config_schema: SCHEMA } });
    await fixture.manager.load("tool");
    await fixture.manager.disable("tool");
    await fixture.manager.enable("tool");
    const newer = { type: "object", properties: { beams: { type: "integer", default: 16 }, fresh: { default: true } } };
    fixture.script("tool", {}, { code: { config_schema: newer, version: "2.0.0" } });
    expect(fixture.summary("tool")).toMatchObject({ version: "1.0.0", config: { beams: 4 } });
    await fixture.manager.reload("tool");
    expect(fixture.summary("tool")).toMatchObject({ version: "2.0.0", config: { beams: 16, fresh: true } });
  });

  test("says what is wrong with a configuration before anything is waited for or ended", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool", {}, { code: { config_schema: SCHEMA } });
    const { pid } = await fixture.manager.load("tool");
    const running = fixture.begin("tool", { action: "gate", gate: "a" });
    await until("it runs", () => asked.asked("/execute").length === 1);
    await expect(fixture.manager.reload("tool", { config: { beams: 0 } })).rejects.toMatchObject({ code: "CJM_CAPABILITY_CONFIG_INVALID" });
    asked.open("a");
    expect(await running).toMatchObject({ status: "fulfilled" });
    expect(fixture.summary("tool").pid).toBe(pid);
  });

  test("that fails leaves an instance that starts again", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", { initialize: "refuses" });
    await fixture.manager.load("tool");
    await expect(fixture.manager.reload("tool", { config: { a: 1 } })).rejects.toThrow("I refuse this configuration");
    expect(fixture.summary("tool")).toMatchObject({ state: "down", pid: null });
    await expect(fixture.call("tool", {})).rejects.toThrow("I refuse this configuration");
    await fixture.manager.reload("tool", { config: {} });
    await expect(fixture.call("tool", { again: true })).resolves.toEqual({ again: true });
  });

  test("waits for running calls, can be given up meanwhile, and by force does not wait", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool");
    const { pid } = await fixture.manager.load("tool");
    const running = fixture.begin("tool", { action: "hang" });
    await until("it runs", () => asked.asked("/execute").length === 1);
    const controller = new AbortController();
    const reload = Promise.allSettled([fixture.manager.reload("tool", { signal: controller.signal })]);
    controller.abort(new Error("not now"));
    expect(await reload).toMatchObject([{ reason: { message: "not now" } }]);
    expect(fixture.summary("tool").pid).toBe(pid);
    await fixture.manager.reload("tool", { force: true });
    expect(await running).toMatchObject({ reason: { code: "CJM_WORKER_DIED", message: expect.stringContaining("it was reloaded") } });
    expect(fixture.summary("tool").pid).not.toBe(pid);
  });
});

describe("a restart", () => {
  test("fails what runs, and what waits goes on with the new worker", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool");
    const { pid } = await fixture.manager.load("tool");
    const running = fixture.begin("tool", { action: "hang" });
    await until("it runs", () => asked.asked("/execute").length === 1);
    const waiting = ["a", "b"].map((jobId) => fixture.begin("tool", { action: "pid" }, { jobId }));
    await Promise.all([fixture.manager.restart("tool", "it hangs"), fixture.manager.restart("tool", "it hangs")]);
    expect(await running).toMatchObject({ reason: { code: "CJM_WORKER_DIED", message: expect.stringContaining("it hangs") } });
    const after = await Promise.all(waiting);
    expect(after).toMatchObject([{ status: "fulfilled" }, { status: "fulfilled" }]);
    expect(after).not.toContainEqual({ status: "fulfilled", value: pid });
  });

  test("of an instance that is just starting is waited for by whoever wants its worker", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool", { initialize: "waits" });
    asked.open("initialize");
    await fixture.manager.load("tool", { config: { a: 1 }, maxConcurrentCalls: 2 });
    process.kill(fixture.summary("tool").pid ?? 0, "SIGKILL");
    await until("it is down", () => fixture.summary("tool").state === "down");
    const call = fixture.begin("tool", { works: true });
    await until("it starts", () => fixture.summary("tool").state === "starting");
    await fixture.manager.restart("tool", "for a test");
    expect(await call).toMatchObject({ status: "fulfilled", value: { works: true } });
    expect(fixture.summary("tool")).toMatchObject({ state: "ready", heldBack: null });
  });
});
