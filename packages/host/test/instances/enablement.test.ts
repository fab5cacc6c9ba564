import { until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { ManagerFixture } from "../manager-fixture.ts";

const hooks = (asked: { asked(): readonly { path: string }[] }): readonly string[] =>
  asked
    .asked()
    .map(({ path }) => path)
    .filter((path) => path.startsWith("/on_"));

describe("disabling", () => {
  test("tells the capability once, refuses calls and streams, and is remembered; enabling takes it back", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool");
    await fixture.manager.load("tool");
    await fixture.manager.disable("tool");
    await fixture.manager.disable("tool");
    expect(hooks(asked)).toEqual(["/on_disable"]);
    expect(fixture.configs.get("tool")?.enabled).toBe(false);
    const refusal = { code: "CJM_CAPABILITY_DISABLED", details: { instanceId: "tool" } };
    await expect(fixture.call("tool", {})).rejects.toMatchObject(refusal);
    const target = { channel: "execute", args: [], kwargs: {} } as const;
    const stream = async () =>
      await Array.fromAsync(fixture.manager.stream({ instanceId: "tool", target, envelope: {} }, { signal: new AbortController().signal }));
    await expect(stream()).rejects.toMatchObject(refusal);
    await fixture.manager.enable("tool");
    await fixture.manager.enable("tool");
    expect(hooks(asked)).toEqual(["/on_disable", "/on_enable"]);
    expect(fixture.configs.get("tool")?.enabled).toBe(true);
    await expect(fixture.call("tool", { again: true })).resolves.toEqual({ again: true });
    expect((await fixture.eventTypes()).filter((type) => type.startsWith("instance_"))).toEqual(["instance_disabled", "instance_enabled"]);
  });

  test("while calls run tells the capability when the last of them has ended", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool");
    await fixture.manager.load("tool", { maxConcurrentCalls: 2 });
    const calls = ["a", "b"].map((gate) => fixture.begin("tool", { action: "gate", gate }));
    await until("both run", () => asked.asked("/execute").length === 2);
    await fixture.manager.disable("tool");
    asked.open("a");
    await calls[0];
    expect(hooks(asked)).toEqual([]);
    asked.open("b");
    await until("it is told", () => hooks(asked).length > 0);
    expect(hooks(asked)).toEqual(["/on_disable"]);
    expect(await Promise.all(calls)).toMatchObject([{ status: "fulfilled" }, { status: "fulfilled" }]);
  });

  test("that is taken back while calls run is never told", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool");
    await fixture.manager.load("tool");
    const call = fixture.begin("tool", { action: "gate", gate: "a" });
    await until("it runs", () => asked.asked("/execute").length === 1);
    await fixture.manager.disable("tool");
    await fixture.manager.enable("tool");
    asked.open("a");
    await call;
    await fixture.call("tool", {});
    expect(hooks(asked)).toEqual([]);
  });

  test("and enabling again while the hook still runs tells one after the other", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool", { onDisable: "waits" });
    await fixture.manager.load("tool");
    const disabled = fixture.manager.disable("tool");
    await until("the hook runs", () => hooks(asked).length === 1);
    const enabled = fixture.manager.enable("tool");
    const again = fixture.manager.disable("tool");
    const atLast = fixture.manager.enable("tool");
    expect(hooks(asked)).toEqual(["/on_disable"]);
    asked.open("onDisable");
    await Promise.all([disabled, enabled, again, atLast]);
    expect(hooks(asked)).toEqual(["/on_disable", "/on_enable"]);
    expect(fixture.summary("tool").enabled).toBe(true);
  });

  test("with a hook that fails disables all the same", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", { onDisable: "refuses" });
    await fixture.manager.load("tool");
    await fixture.manager.disable("tool");
    expect(fixture.summary("tool").enabled).toBe(false);
    await fixture.writer.flushed();
    expect(fixture.rows("hook_failed")).toEqual([{ hook: "on_disable", reason: expect.stringContaining("the hook fell over") }]);
  });

  test("one instance leaves the other alone, and waiting calls of its own are refused", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool");
    await fixture.manager.load("tool");
    await fixture.manager.load("tool", { instanceId: "second" });
    const running = fixture.begin("second", { action: "gate", gate: "a" });
    await until("it runs", () => asked.asked("/execute").length === 1);
    const waiting = fixture.begin("second", {});
    await fixture.manager.disable("second");
    await expect(fixture.call("tool", { still: "works" })).resolves.toEqual({ still: "works" });
    asked.open("a");
    expect(await running).toMatchObject({ status: "fulfilled" });
    expect(await waiting).toMatchObject({ reason: { code: "CJM_CAPABILITY_DISABLED" } });
  });

  test("survives a reload and a restart, and one under a generated id is not remembered", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool");
    await fixture.manager.load("tool");
    const { instanceId } = await fixture.manager.load("tool", { newInstance: true });
    for (const id of ["tool", instanceId]) {
      await fixture.manager.disable(id);
      await fixture.manager.reload(id);
      await fixture.manager.restart(id, "for a test");
      expect(fixture.summary(id).enabled).toBe(false);
    }
    expect([...fixture.configs.records.keys()]).toEqual(["tool"]);
  });
});
