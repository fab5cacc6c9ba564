import { until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import type { SecretStore } from "../../src/index.ts";
import { ManagerFixture } from "../manager-fixture.ts";

const entry = { label: "", description: "", options: null, required: false, secret: false, default: null };
const worker_env = [
  { ...entry, name: "API_KEY", secret: true, required: true },
  { ...entry, name: "THREADS", default: "2" },
  { ...entry, name: "REGION", required: true },
];

class MemorySecrets implements SecretStore {
  readonly #values = new Map<string, string>();

  get(capabilityName: string, key: string): string | null {
    return this.#values.get(`${capabilityName} ${key}`) ?? null;
  }

  set(capabilityName: string, key: string, value: string): void {
    this.#values.set(`${capabilityName} ${key}`, value);
  }
}

describe("the variables of a worker", () => {
  test("stand in a status without values, before and after they are set", async () => {
    await using fixture = await ManagerFixture.create({ secrets: new MemorySecrets() });
    fixture.script("tool", {}, { code: { worker_env } });
    const { environment } = fixture.manager;
    expect(environment.missing("tool")).toEqual(["API_KEY", "REGION"]);
    await environment.setSecret("tool", "API_KEY", "hunter2");
    environment.setOverrides("tool", { REGION: "eu" });
    expect(environment.missing("tool")).toEqual([]);
    expect(environment.status("tool").map(({ name, source }) => [name, source])).toEqual([
      ["API_KEY", "secret"],
      ["THREADS", "default"],
      ["REGION", "override"],
    ]);
    expect(JSON.stringify(environment.status("tool"))).not.toContain("hunter2");
    await fixture.manager.load("tool");
    expect(await fixture.call("tool", { action: "environment" })).toMatchObject({ API_KEY: "hunter2", THREADS: "2", REGION: "eu" });
  });

  test("an override goes over the default in the next worker, and back when it is taken back", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", {}, { code: { worker_env } });
    await fixture.manager.load("tool");
    const threads = async () => ((await fixture.call("tool", { action: "environment" })) as Record<string, string>)["THREADS"];
    fixture.manager.environment.setOverrides("tool", { THREADS: "8" });
    expect(await threads()).toBe("2");
    await fixture.manager.restart("tool", "for a test");
    expect(await threads()).toBe("8");
    expect(fixture.configs.get("tool")?.workerEnv).toEqual({ THREADS: "8" });
    fixture.manager.environment.setOverrides("tool", {});
    await fixture.manager.restart("tool", "for a test");
    expect(await threads()).toBe("2");
  });

  test("staged for an instance that is not loaded yet are there when it is, and keep what else is remembered", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", {}, { code: { worker_env } });
    fixture.configs.records.set("mine", { config: { a: 1 }, enabled: false, workerEnv: {} });
    fixture.manager.environment.setOverrides("mine", { THREADS: "16" }, "tool");
    expect(fixture.configs.get("mine")).toEqual({ config: { a: 1 }, enabled: false, workerEnv: { THREADS: "16" } });
    await fixture.manager.load("tool", { instanceId: "mine" });
    await fixture.manager.enable("mine");
    expect(await fixture.call("mine", { action: "environment" })).toMatchObject({ THREADS: "16" });
  });

  test("that are secret or unknown are refused with the way out", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", {}, { code: { worker_env } });
    expect(() => fixture.manager.environment.setOverrides("tool", { API_KEY: "hunter2", THREDS: "8" })).toThrow(
      expect.objectContaining({
        code: "CJM_WORKER_ENVIRONMENT_INVALID",
        message: expect.stringMatching(/cjm-ctl set-secret tool API_KEY.*THREDS is not declared\. Did you mean 'THREADS'/),
        details: { capabilityName: "tool", fieldsInvalid: ["API_KEY", "THREDS"] },
      }),
    );
    expect(() => fixture.manager.environment.status("tol")).toThrow("Did you mean 'tool'");
  });

  test("of an instance with a generated id cannot be kept", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", {}, { code: { worker_env } });
    const { instanceId } = await fixture.manager.load("tool", { newInstance: true });
    expect(() => fixture.manager.environment.setOverrides(instanceId, { THREADS: "8" })).toThrow("nothing of it is remembered");
  });
});

describe("a secret that is set", () => {
  test("gives exactly the instances that get it a new worker, each after its calls", async () => {
    await using fixture = await ManagerFixture.create({ secrets: new MemorySecrets() });
    const asked = fixture.script("tool", {}, { code: { worker_env } });
    fixture.script("other", {}, { code: { worker_env } });
    await fixture.manager.load("tool");
    await fixture.manager.load("tool", { instanceId: "second" });
    await fixture.manager.load("tool", { instanceId: "cold" });
    await fixture.manager.load("other");
    const before = Object.fromEntries(fixture.manager.instances().map(({ instanceId, pid }) => [instanceId, pid]));
    process.kill(before["cold"] ?? 0, "SIGKILL");
    await until("it is down", () => fixture.summary("cold").state === "down");

    const running = fixture.begin("tool", { action: "gate", gate: "a" });
    await until("it runs", () => asked.asked("/execute").length === 1);
    const set = fixture.manager.environment.setSecret("tool", "API_KEY", "hunter2");
    await until("the idle one is done", () => fixture.summary("second").pid !== before["second"]);
    expect(fixture.summary("tool").pid).toBe(before["tool"]);
    asked.open("a");
    expect(await running).toMatchObject({ status: "fulfilled" });
    expect([...(await set)].sort()).toEqual(["cold", "second", "tool"]);
    expect(fixture.summary("other").pid).toBe(before["other"]);
    for (const id of ["tool", "second", "cold"]) {
      expect(await fixture.call(id, { action: "environment" })).toMatchObject({ API_KEY: "hunter2" });
    }
    expect(JSON.stringify(fixture.journal.events)).not.toContain("hunter2");
  });

  test("that nobody declares, or that is only to be kept, restarts nobody", async () => {
    await using fixture = await ManagerFixture.create({ secrets: new MemorySecrets() });
    fixture.script("tool", {}, { code: { worker_env } });
    const { pid } = await fixture.manager.load("tool");
    await expect(fixture.manager.environment.setSecret("tool", "OTHER", "x")).resolves.toEqual([]);
    await expect(fixture.manager.environment.setSecret("tool", "THREADS", "x")).resolves.toEqual([]);
    await expect(fixture.manager.environment.setSecret("tool", "API_KEY", "x", { reload: false })).resolves.toEqual([]);
    expect(fixture.summary("tool").pid).toBe(pid);
  });

  test("without a store that keeps it is an error", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", {}, { code: { worker_env } });
    await expect(fixture.manager.environment.setSecret("tool", "API_KEY", "x")).rejects.toMatchObject({ code: "CJM_STORE_FAILED" });
  });
});
