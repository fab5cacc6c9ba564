import { rmSync } from "node:fs";
import { join } from "node:path";
import type { JournalStore, JsonObject } from "@cjm/core";
import { isRunning, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { AcceptanceHost } from "./kit/acceptance-host.ts";

const SCHEMA = {
  type: "object",
  properties: { model: { type: "string", default: "small" }, beams: { type: "integer", minimum: 1, default: 4 } },
};
const SURFACE = { methods: [{ name: "read", signature: "(self, path)", params: ["path"] }], properties: [], attributes: [] };

const adapter = (name: string, method: string): JsonObject => ({
  unit: "adapter",
  name: `lib.${name}`,
  task_name: name.toLowerCase(),
  module: "lib",
  class: name,
  protocol_members: { methods: [{ name: method, params: ["path"] }], properties: [] },
});

/** A host with one capability that takes a configuration, and two adapters that fit it and one that does not. */
async function created(options: Parameters<typeof AcceptanceHost.create>[0] = {}): Promise<AcceptanceHost> {
  const host = await AcceptanceHost.create(options);
  host.install("tool", { config_schema: SCHEMA, structural_surface: SURFACE });
  for (const [name, method] of [
    ["Reader", "read"],
    ["Second", "read"],
    ["Writer", "write"],
  ] as const) {
    host.writeAdapter(name, adapter(name, method));
  }
  return host;
}

describe("a restart by force (7.1: 8)", () => {
  test("asks the wedged worker nothing, and what it had is what the next one gets", async () => {
    await using host = await created();
    host.records.setAnswers("tool", { "/config": { gate: "never" } });
    await host.manager.load("tool", { config: { model: "large" } });
    const call = host.call("tool", { answer: { gate: "never" } });
    const outcome = expect(call).rejects.toMatchObject({ code: "CJM_WORKER_DIED", message: expect.stringContaining("it hangs") });
    await host.untilAsked("tool", "/execute");
    const wedged = host.summary("tool").pid ?? 0;
    const before = host.asked("tool").length;
    await host.manager.restart("tool", "it hangs");
    await outcome;
    expect(
      host
        .asked("tool")
        .slice(before)
        .filter(({ pid }) => pid === wedged),
    ).toEqual([]);
    expect(isRunning(wedged)).toBe(false);
    expect(host.asked("tool", "/initialize").map(({ body }) => body)).toEqual(Array(2).fill({ model: "large", beams: 4 }));
  });
});

describe("a load that fails (7.1: 9, 31; trap 26)", () => {
  test.each([
    ["a field that is not known", { config: { modle: "x" } }, { code: "CJM_CAPABILITY_CONFIG_INVALID" }],
    ["a value that is wrong", { config: { beams: 0 } }, { code: "CJM_CAPABILITY_CONFIG_INVALID" }],
    [
      "an adapter that is not known",
      { adapters: ["lib.Raeder"] },
      { code: "CJM_ADAPTER_INCOMPATIBLE", message: expect.stringContaining("lib.Reader") },
    ],
    [
      "an adapter that does not fit",
      { adapters: ["lib.Writer"] },
      { code: "CJM_ADAPTER_INCOMPATIBLE", message: expect.stringContaining("write") },
    ],
    ["an id that is none", { instanceId: "no/id" }, { code: "CJM_INSTANCE_ID_INVALID" }],
  ] as const)("for %s says so and starts nothing", async (_name, options, error) => {
    await using host = await created();
    await expect(host.manager.load("tool", options)).rejects.toMatchObject(error);
    expect(host.allRows()).toEqual([]);
    expect(host.manager.instances()).toEqual([]);
  });

  test.each([
    ["ends at once", { start: { exit: 3 } }, { code: "CJM_WORKER_START_FAILED", message: expect.stringContaining("cannot start") }],
    [
      "refuses its configuration",
      { "/initialize": { status: 400, body: { detail: "no GPU here" } } },
      { message: expect.stringContaining("no GPU here") },
    ],
    ["breaks the contract", { "/initialize": { status: 503, text: "<html>" } }, { code: "CJM_PROTOCOL_VIOLATION" }],
  ] as const)("because the worker %s leaves no process, and works once that is mended", async (_name, answers, error) => {
    await using host = await created();
    host.records.setAnswers("tool", answers);
    await expect(host.manager.load("tool")).rejects.toMatchObject(error);
    expect(host.processes()).toEqual([]);
    expect(host.manager.instances()).toEqual([]);
    host.records.setAnswers("tool", {});
    await expect(host.manager.load("tool")).resolves.toMatchObject({ state: "ready" });
  });

  test("never leaves one that is live and not listed: a journal that breaks meanwhile fails the next load", async () => {
    let broken = false;
    const journalStore = (disk: JournalStore): JournalStore => ({
      append: (events) => {
        if (broken) throw new Error("no space left on device");
        return disk.append(events);
      },
      query: (query) => disk.query(query),
      count: (type) => disk.count(type),
    });
    await using host = await created({ journalStore });
    host.records.setAnswers("tool", { start: { gate: "start" } });
    const loading = host.manager.load("tool");
    await until("the worker is there", () => host.notes("spawned", "tool").length === 1);
    broken = true;
    host.records.open("start");
    const { pid } = await loading;
    expect(host.manager.instances().map((each) => [each.instanceId, each.pid])).toEqual([["tool", pid]]);
    await expect(host.call("tool", { a: 1 })).resolves.toEqual({ a: 1 });
    await expect(host.manager.load("tool", { instanceId: "second" })).rejects.toMatchObject({ code: "CJM_JOURNAL_FAILED" });
  });
});

describe("a reload (7.1: 10, 24)", () => {
  test("whose worker cannot start leaves the instance, which starts again when that is mended", async () => {
    await using host = await created();
    await host.manager.load("tool", { config: { model: "large" } });
    host.records.setAnswers("tool", { start: { exit: 3 } });
    await expect(host.manager.reload("tool")).rejects.toMatchObject({ code: "CJM_WORKER_START_FAILED" });
    expect(host.summary("tool")).toMatchObject({ state: "down", pid: null, config: { model: "large", beams: 4 } });
    await expect(host.call("tool")).rejects.toMatchObject({ code: "CJM_WORKER_START_FAILED" });
    host.records.setAnswers("tool", {});
    await expect(host.call("tool", { a: 1 })).resolves.toEqual({ a: 1 });
    expect(host.asked("tool", "/initialize").map(({ body }) => body)).toEqual(Array(2).fill({ model: "large", beams: 4 }));
  });

  test("keeps everything: limit, adapters, leniency, being disabled, and the hash that profiles are kept by", async () => {
    await using host = await created();
    const before = await host.manager.load("tool", {
      newInstance: true,
      config: { model: "large", obsolete: 1 },
      unknownFields: "drop",
      maxConcurrentCalls: 3,
      adapters: ["lib.Second"],
    });
    expect(before).toMatchObject({ adapters: ["lib:Second"], config: { model: "large", beams: 4 } });
    await host.manager.disable(before.instanceId);
    await host.manager.reload(before.instanceId);
    expect(host.summary(before.instanceId)).toEqual({ ...before, enabled: false, pid: expect.any(Number) });
    expect(host.summary(before.instanceId).pid).not.toBe(before.pid);
    expect(host.configs.get(before.instanceId)).toBeNull();
  });

  test("with a configuration takes it, also when the manifest is gone meanwhile", async () => {
    await using host = await created();
    await host.manager.load("tool");
    rmSync(join(host.folder.path, "manifests/tool.json"));
    host.manager.discover();
    await host.manager.reload("tool", { config: { model: "large" } });
    expect(host.summary("tool").config).toEqual({ model: "large", beams: 4 });
    await expect(host.manager.reload("tool", { config: { modle: "x" } })).rejects.toMatchObject({ code: "CJM_CAPABILITY_CONFIG_INVALID" });
    expect(host.summary("tool")).toMatchObject({ state: "ready", config: { model: "large", beams: 4 } });
  });

  test("after an update that dropped a field goes by the new schema; only what is asked for is refused", async () => {
    await using host = await created();
    await host.manager.load("tool", { config: { model: "large", beams: 8 } });
    await host.manager.disable("tool");
    await host.manager.enable("tool");
    host.install("tool", { config_schema: { type: "object", properties: { beams: SCHEMA.properties.beams } } });
    await host.manager.reload("tool");
    expect(host.summary("tool").config).toEqual({ beams: 8 });
    expect(host.rows("config_applied").at(-1)?.payload["keys_forgotten"]).toEqual(["model"]);
    await host.restart();
    await expect(host.manager.load("tool", { config: { model: "large" } })).rejects.toMatchObject({
      code: "CJM_CAPABILITY_CONFIG_INVALID",
    });
    await expect(host.manager.load("tool")).resolves.toMatchObject({ config: { beams: 8 } });
  });

  test("after an update takes the defaults of the new schema: only what was chosen is remembered", async () => {
    await using host = await created();
    await host.manager.load("tool", { config: { model: "large" } });
    await host.manager.configuration.update("tool", { model: "huge" });
    expect(host.configs.get("tool")?.config).toEqual({ model: "huge" });
    const beams = { ...SCHEMA.properties.beams, default: 16 };
    host.install("tool", { config_schema: { type: "object", properties: { ...SCHEMA.properties, beams } } });
    await host.restart();
    await expect(host.manager.load("tool")).resolves.toMatchObject({ config: { model: "huge", beams: 16 } });
  });

  test("that is refused ends nothing", async () => {
    await using host = await created();
    await host.manager.load("tool");
    const { pid } = host.summary("tool");
    await expect(host.manager.reload("tool", { config: { beams: "many" } })).rejects.toMatchObject({
      code: "CJM_CAPABILITY_CONFIG_INVALID",
    });
    expect(host.summary("tool").pid).toBe(pid);
    await expect(host.call("tool", { a: 1 })).resolves.toEqual({ a: 1 });
  });
});

describe("one instance and another (7.1: 25, 27)", () => {
  test("unloading a named instance leaves the default one's call and its pending hook alone", async () => {
    await using host = await created();
    await host.manager.load("tool");
    await host.manager.load("tool", { instanceId: "second" });
    const call = host.call("tool", { answer: { gate: "end", body: "done" } });
    await host.untilAsked("tool", "/execute");
    await host.manager.disable("tool");
    await host.manager.unload("second");
    expect(host.summary("tool").runningCalls).toBe(1);
    expect(host.asked("tool", "/on_disable")).toEqual([]);
    const room = await host.manager.makeRoom({ resource: "memory", shortfallMb: null, keep: [], reason: "all" });
    expect(room.evicted).toEqual([]);
    host.records.open("end");
    await expect(call).resolves.toBe("done");
    await host.untilAsked("tool", "/on_disable");
    expect(host.asked("tool", "/on_disable")).toHaveLength(1);
  });

  test("new instances that are loaded at the same time have an id each, and a worker each", async () => {
    await using host = await created();
    const outcomes = await host.manager.loadAll(Array(4).fill({ name: "tool", newInstance: true }));
    const ids = outcomes.map((outcome) => (outcome.kind === "done" ? outcome.instanceId : outcome.kind));
    expect(new Set(ids).size).toBe(4);
    for (const id of ids) expect(id).toMatch(/^tool-[0-9a-f]{6}$/);
    expect(host.notes("spawned", "tool")).toHaveLength(4);
    expect(new Set(host.manager.instances().map(({ pid }) => pid)).size).toBe(4);
  });

  test("who gives up loading does not spoil it for another who waits for the same", async () => {
    await using host = await created();
    host.records.setAnswers("tool", { start: { gate: "start" } });
    const impatient = new AbortController();
    const first = host.manager.load("tool", { signal: impatient.signal });
    const gaveUp = expect(first).rejects.toThrow("changed my mind");
    const second = host.manager.load("tool");
    await until("the worker is there", () => host.notes("spawned", "tool").length === 1);
    impatient.abort(new Error("changed my mind"));
    await gaveUp;
    host.records.open("start");
    await expect(second).resolves.toMatchObject({ state: "ready" });
    expect(host.notes("spawned", "tool")).toHaveLength(1);
  });

  test("an id that failed to load many times can still be loaded once the fault is mended", async () => {
    await using host = await created();
    host.records.setAnswers("tool", { start: { exit: 3 } });
    for (let attempt = 0; attempt < 11; attempt++) {
      await expect(host.manager.load("tool")).rejects.toMatchObject({ code: "CJM_WORKER_START_FAILED" });
    }
    host.records.setAnswers("tool", {});
    await expect(host.manager.load("tool")).resolves.toMatchObject({ state: "ready" });
  });
});
