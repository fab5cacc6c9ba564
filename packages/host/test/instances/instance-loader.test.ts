import { existsSync } from "node:fs";
import { descendants, isRunning, ManualClock, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { ManagerFixture } from "../manager-fixture.ts";

describe("ids", () => {
  test("a new instance gets an id of its own, each time", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool");
    const loads = await Promise.all([1, 2, 3].map(() => fixture.manager.load("tool", { newInstance: true })));
    const ids = loads.map(({ instanceId }) => instanceId);
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^tool-[0-9a-f]{6}$/);
    expect(
      fixture.manager
        .instances()
        .map(({ instanceId }) => instanceId)
        .sort(),
    ).toEqual([...ids].sort());
  });

  test("a named one is remembered even where a new instance was asked for", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool");
    await fixture.manager.load("tool", { instanceId: "mine", newInstance: true });
    await fixture.manager.disable("mine");
    expect(fixture.configs.get("mine")?.enabled).toBe(false);
  });

  test.each(["", "a b", "x".repeat(65), "größe"])("'%s' cannot be one", async (instanceId) => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool");
    await expect(fixture.manager.load("tool", { instanceId })).rejects.toMatchObject({ code: "CJM_INSTANCE_ID_INVALID" });
  });

  test("one id belongs to one capability, loaded or being loaded", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("one");
    fixture.script("two");
    const [first, second] = await Promise.allSettled([
      fixture.manager.load("one", { instanceId: "mine" }),
      fixture.manager.load("two", { instanceId: "mine" }),
    ]);
    expect(first).toMatchObject({ status: "fulfilled", value: { capabilityName: "one" } });
    const refusal = { code: "CJM_INSTANCE_ID_INVALID", message: expect.stringContaining("belongs to an instance of one") };
    expect(second).toMatchObject({ reason: refusal });
    await expect(fixture.manager.load("two", { instanceId: "mine" })).rejects.toMatchObject(refusal);
  });

  test.each([0, -1, 1.5, Number.NaN])("%d calls at a time are none", async (maxConcurrentCalls) => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool");
    await expect(fixture.manager.load("tool", { maxConcurrentCalls })).rejects.toMatchObject({ code: "CJM_INPUT_INVALID" });
  });
});

describe("a load that several wait for", () => {
  test("goes on when one of them gives up, and ends when the last does", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool", { initialize: "waits" });
    const [one, two] = [new AbortController(), new AbortController()];
    const loads = [one, two].map(({ signal }) => fixture.manager.load("tool", { config: { a: 1 }, signal }));
    const outcomes = Promise.allSettled(loads);
    await until("it is initialised", () => asked.asked("/initialize").length === 1);
    one.abort(new Error("first"));
    await expect(loads[0]).rejects.toThrow("first");
    expect(descendants(process.pid).length).toBeGreaterThan(0);
    two.abort(new Error("second"));
    await outcomes;
    await expect(loads[1]).rejects.toThrow("second");
    expect(isRunning(Number(fixture.rows("worker_spawned")[0]?.["pid"]))).toBe(false);
    expect(fixture.manager.instances()).toEqual([]);
    asked.open("initialize");
    await expect(fixture.manager.load("tool", { config: { a: 1 } })).resolves.toMatchObject({ state: "ready" });
  });

  test("is ended by an unload, which is then over", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool", { initialize: "hangs" });
    const load = Promise.allSettled([fixture.manager.load("tool", { config: { a: 1 } })]);
    await until("it is initialised", () => asked.asked("/initialize").length === 1);
    await expect(fixture.manager.unload("tool")).resolves.toBe(true);
    expect(isRunning(Number(fixture.rows("worker_spawned")[0]?.["pid"]))).toBe(false);
    expect(await load).toMatchObject([
      { reason: { code: "CJM_CAPABILITY_NOT_LOADED", message: expect.stringContaining("it was unloaded") } },
    ]);
    await expect(fixture.manager.unload("tool")).resolves.toBe(false);
  });

  test("is ended by the end of the host, which loads nothing any more", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool", { initialize: "hangs" });
    const load = Promise.allSettled([fixture.manager.load("tool", { config: { a: 1 } })]);
    await until("it is initialised", () => asked.asked("/initialize").length === 1);
    await Promise.all([fixture.manager.close(), fixture.manager.close()]);
    expect(await load).toMatchObject([
      { reason: { code: "CJM_CAPABILITY_NOT_LOADED", message: expect.stringContaining("the host was closed") } },
    ]);
    await expect(fixture.manager.load("tool")).rejects.toThrow("its host is closed");
    expect(descendants(process.pid)).toEqual([]);
  });
});

describe("an unload", () => {
  test("keeps the id until it is over: who loads it again waits", async () => {
    await using fixture = await ManagerFixture.create({ terminationGraceMs: 500 });
    fixture.install("tool", "IgnoresTerm");
    const { pid } = await fixture.manager.load("tool");
    const unloaded = fixture.manager.unload("tool");
    const again = await fixture.manager.load("tool");
    expect(isRunning(pid ?? 0)).toBe(false);
    expect(again.pid).not.toBe(pid);
    await expect(unloaded).resolves.toBe(true);
    expect(await fixture.eventTypes()).toEqual([
      "worker_spawned",
      "worker_ready",
      "config_applied",
      "worker_died",
      "worker_spawned",
      "worker_ready",
      "config_applied",
    ]);
  });

  test("fails what runs and what waits, each with its reason", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool");
    await fixture.manager.load("tool");
    const running = fixture.begin("tool", { action: "hang" });
    await until("it runs", () => asked.asked("/execute").length === 1);
    const waiting = fixture.begin("tool", {});
    await fixture.manager.unload("tool");
    expect(await running).toMatchObject({ reason: { code: "CJM_WORKER_DIED", message: expect.stringContaining("it was unloaded") } });
    expect(await waiting).toMatchObject({ reason: { code: "CJM_CAPABILITY_NOT_LOADED" } });
    expect(asked.asked("/execute")).toHaveLength(1);
  });
});

describe("what a host leaves", () => {
  test("is no folder of sockets, no process and no timer of a start", async () => {
    const clock = new ManualClock();
    const fixture = await ManagerFixture.create({ clock });
    fixture.script("tool");
    await fixture.manager.load("tool");
    await fixture.call("tool", {});
    await fixture.manager.close();
    await fixture.manager.close();
    expect(descendants(process.pid)).toEqual([]);
    clock.advance(3_600_000);
    expect(fixture.manager.instances()).toEqual([]);
    await fixture[Symbol.asyncDispose]();
    expect(existsSync(fixture.folder.path)).toBe(false);
  });
});
