import { describe, expect, test } from "vitest";
import { AcceptanceHost } from "./kit/acceptance-host.ts";
import { installLifecycleProbe, LANGUAGES } from "./kit/real-workers.ts";

const hooks = (host: AcceptanceHost): readonly (string | undefined)[] =>
  host
    .asked("tool")
    .map(({ path }) => path)
    .filter((path) => path === "/on_disable" || path === "/on_enable");

describe("enable and disable (37)", () => {
  test("disabling is remembered and told to the capability, once", async () => {
    await using host = await AcceptanceHost.create();
    await host.load("tool");
    await host.manager.disable("tool");
    await host.manager.disable("tool");
    expect(hooks(host)).toEqual(["/on_disable"]);
    expect(host.configs.get("tool")).toMatchObject({ enabled: false });
    expect(host.rows("instance_disabled")).toHaveLength(1);
    await host.manager.enable("tool");
    await host.manager.enable("tool");
    expect(hooks(host)).toEqual(["/on_disable", "/on_enable"]);
    expect(host.configs.get("tool")).toMatchObject({ enabled: true });
  });

  test("while a call runs the capability hears of it at the end of the call", async () => {
    await using host = await AcceptanceHost.create();
    await host.load("tool");
    const call = host.call("tool", { answer: { gate: "end", body: "done" } });
    await host.untilAsked("tool", "/execute");
    await host.manager.disable("tool");
    expect(hooks(host)).toEqual([]);
    host.records.open("end");
    await expect(call).resolves.toBe("done");
    await host.untilAsked("tool", "/on_disable");
    expect(hooks(host)).toEqual(["/on_disable"]);
  });

  test("calls and streams are refused with the instance's id, and one that waited too", async () => {
    await using host = await AcceptanceHost.create();
    host.install("tool");
    await host.manager.load("tool", { instanceId: "second" });
    const running = host.call("second", { answer: { gate: "end" } });
    await host.untilAsked("tool", "/execute");
    const waiting = host.call("second");
    await host.manager.disable("second");
    const refused = { code: "CJM_CAPABILITY_DISABLED", category: "user_input", details: { instanceId: "second" } };
    await expect(host.call("second")).rejects.toMatchObject(refused);
    await expect((async () => Array.fromAsync(host.stream("second", { chunks: 1 })))()).rejects.toMatchObject(refused);
    host.records.open("end");
    await running;
    await expect(waiting).rejects.toMatchObject(refused);
    expect(host.asked("tool", "/execute")).toHaveLength(1);
  });

  test("a named instance that is disabled leaves the default one enabled", async () => {
    await using host = await AcceptanceHost.create();
    await host.load("tool");
    await host.manager.load("tool", { instanceId: "second" });
    await host.manager.disable("second");
    expect([host.summary("tool").enabled, host.summary("second").enabled]).toEqual([true, false]);
    await expect(host.call("tool", { still: "works" })).resolves.toEqual({ still: "works" });
  });

  test("survives a restart of the host", async () => {
    await using host = await AcceptanceHost.create();
    await host.load("tool");
    await host.manager.load("tool", { instanceId: "second" });
    await host.manager.disable("tool");
    await host.restart();
    await host.manager.load("tool");
    await host.manager.load("tool", { instanceId: "second" });
    expect([host.summary("tool").enabled, host.summary("second").enabled]).toEqual([false, true]);
    await expect(host.call("tool")).rejects.toMatchObject({ code: "CJM_CAPABILITY_DISABLED" });
    await host.manager.enable("tool");
    await expect(host.call("tool", { a: 1 })).resolves.toEqual({ a: 1 });
  });

  test("what is not loaded can be neither", async () => {
    await using host = await AcceptanceHost.create();
    for (const attempt of [() => host.manager.disable("tool"), () => host.manager.enable("tool")]) {
      await expect((async () => await attempt())()).rejects.toMatchObject({ code: "CJM_CAPABILITY_NOT_LOADED" });
    }
  });

  test.each(LANGUAGES)("the hooks of a capability of ours run (%s)", async (language) => {
    await using host = await AcceptanceHost.create();
    installLifecycleProbe(host, "lifecycle", language);
    await host.manager.load("lifecycle");
    await host.call("lifecycle", { action: "seen" });
    await host.manager.disable("lifecycle");
    await host.manager.enable("lifecycle");
    expect(await host.call("lifecycle", { action: "seen" })).toEqual(["on_disable", "on_enable"]);
  });
});
