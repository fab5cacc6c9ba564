import { canonicalHash, parseLosslessJson } from "@cjm/core";
import { configAt, isRunning, ManualClock, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { ManagerFixture } from "../manager-fixture.ts";

const hashOf = (text: string): string => canonicalHash(parseLosslessJson(text));

describe("adapters", () => {
  const code = { structural_surface: { methods: [{ name: "run", signature: "(a)", params: ["a"] }], properties: [], attributes: [] } };

  test("all that fit are bound, and the journal says which", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", {}, { code });
    fixture.writeAdapter("Fits", [{ name: "run", params: ["a"] }]);
    fixture.writeAdapter("Misfits", [{ name: "stop" }]);
    await expect(fixture.manager.load("tool")).resolves.toMatchObject({ adapters: ["m:Fits"] });
    await fixture.writer.flushed();
    expect(fixture.rows("adapter_bound")).toEqual([{ specs: ["m:Fits"] }]);
    expect(fixture.manager.catalog.adaptersForTask("work").map(({ name }) => name)).toEqual(["m.Fits", "m.Misfits"]);
    expect(fixture.manager.catalog.capabilitiesFor("m.Fits").map(({ name }) => name)).toEqual(["tool"]);
    expect(fixture.manager.catalog.checkAdapter("m.Misfits", "tool")).toMatchObject({ compatible: false, missingMethods: ["stop"] });
  });

  test("one that is named and does not fit is refused before anything starts, with what is missing", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", {}, { code });
    fixture.writeAdapter("Misfits", [{ name: "stop" }, { name: "run", params: ["b"] }]);
    await expect(fixture.manager.load("tool", { adapters: ["m.Misfits"] })).rejects.toMatchObject({
      code: "CJM_ADAPTER_INCOMPATIBLE",
      message: expect.stringMatching(/m\.Misfits does not fit tool: it lacks the methods stop; run should begin with \(b\) and has \(a\)/),
    });
    expect(fixture.journal.events).toEqual([]);
  });
});

describe("drift", () => {
  const RECORDED = '{"properties": {"rate": {"type": "number", "default": 1.0}}}';
  const code = { config_schema: JSON.parse(RECORDED) as never };
  const drift = { config_schema_hash: hashOf(RECORDED), structural_surface_hash: null };

  test("is told, journaled and no reason not to load", async () => {
    await using fixture = await ManagerFixture.create();
    const live = RECORDED.replace('"rate"', '"beams": {}, "rate"');
    fixture.script("tool", { configSchema: live }, { code, drift });
    const summary = await fixture.manager.load("tool");
    const found = { recordedHash: hashOf(RECORDED), liveHash: hashOf(live), differences: ["properties.beams added"] };
    expect(summary.drift).toEqual({ configSchema: found, surface: null });
    await fixture.writer.flushed();
    expect(fixture.rows("capability_drift")).toEqual([
      { config_schema: found, surface: null, hint: expect.stringContaining("install-all --force") },
    ]);
  });

  test("is gone after the manifest was written anew", async () => {
    await using fixture = await ManagerFixture.create();
    const live = RECORDED.replace("1.0", "2.0");
    fixture.script("tool", { configSchema: live }, { code, drift });
    await fixture.manager.load("tool");
    expect(fixture.summary("tool").drift).not.toBeNull();
    fixture.script("tool", { configSchema: live }, { code, drift: { ...drift, config_schema_hash: hashOf(live) } });
    await fixture.manager.reload("tool");
    expect(fixture.summary("tool").drift).toBeNull();
  });

  test.each([
    ["the same in other words", RECORDED.replaceAll(" ", "")],
    ["no JSON", "<html>"],
  ])("%s is none", async (_name, live) => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", { configSchema: live }, { code, drift });
    await expect(fixture.manager.load("tool")).resolves.toMatchObject({ drift: null });
  });

  test("is not looked for where that is switched off", async () => {
    const { manager, ...rest } = await ManagerFixture.create();
    await manager.close();
    await using fixture = await ManagerFixture.create({ config: { ...configAt(rest.folder.path), driftDetection: false } });
    const asked = fixture.script("tool", { configSchema: "{}" }, { code, drift });
    await fixture.manager.load("tool").catch(() => {});
    expect(asked.asked("/config_schema")).toEqual([]);
    await rest.folder[Symbol.asyncDispose]();
  });
});

/** Moves time on whenever nothing else happens, until the promise is settled. */
async function whileTimePasses<T>(clock: ManualClock, byMs: number, work: Promise<T>): Promise<PromiseSettledResult<T>> {
  let outcome: PromiseSettledResult<T> | null = null;
  void Promise.allSettled([work]).then(([settled]) => {
    outcome = settled;
  });
  await until("it ended", () => {
    clock.advance(byMs);
    return outcome !== null;
  });
  return outcome as unknown as PromiseSettledResult<T>;
}

describe("a prefetch", () => {
  test("that moves may take as long as it likes", async () => {
    const clock = new ManualClock();
    await using fixture = await ManagerFixture.create({ clock });
    const asked = fixture.script("tool", { prefetch: "waits", progress: "moves" });
    await fixture.manager.load("tool");
    const prefetch = fixture.manager.prefetch("tool", { thresholdMs: 3_000 });
    for (let look = 1; look <= 10; look++) {
      await until(`look ${look}`, () => {
        if (asked.asked("/progress").length < look) clock.advance(1_000);
        return asked.asked("/progress").length >= look;
      });
    }
    asked.open("prefetch");
    await expect(prefetch).resolves.toBe(true);
  });

  test("that stands still is given up, its worker gone, and the next call works", async () => {
    const clock = new ManualClock();
    await using fixture = await ManagerFixture.create({ clock });
    fixture.script("tool", { prefetch: "hangs", progress: "stands" });
    const { pid } = await fixture.manager.load("tool");
    const outcome = await whileTimePasses(clock, 1_000, fixture.manager.prefetch("tool", { thresholdMs: 5_000 }));
    expect(outcome).toMatchObject({
      reason: {
        code: "CJM_WORKER_STALLED",
        message: expect.stringMatching(/A prefetch of tool made no progress for 5 s[\s\S]*It last said: on its way\.[\s\S]*prefetch hangs/),
        details: { lastProgress: 0.5 },
      },
    });
    expect(isRunning(pid ?? 0)).toBe(false);
    await until("its end is in the journal", async () => (await fixture.eventTypes()).includes("worker_died"));
    expect(fixture.rows("worker_died")).toMatchObject([{ phase: "died", reason: "a prefetch made no progress" }]);
    await expect(fixture.call("tool", { next: true })).resolves.toEqual({ next: true });
  });

  test.each([
    ["not_supported", { status: "fulfilled", value: false }],
    ["refuses", { reason: { code: "CJM_CALL_FAILED", message: "tool failed to prefetch: nothing can be fetched" } }],
    ["dies", { reason: { code: "CJM_WORKER_DIED", message: expect.stringContaining("during a prefetch") } }],
  ] as const)("%s", async (prefetch, outcome) => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", { prefetch });
    await fixture.manager.load("tool");
    expect((await Promise.allSettled([fixture.manager.prefetch("tool")]))[0]).toMatchObject(outcome);
  });

  test("can be given up, and the worker stays", async () => {
    await using fixture = await ManagerFixture.create();
    const asked = fixture.script("tool", { prefetch: "hangs" });
    const { pid } = await fixture.manager.load("tool");
    const controller = new AbortController();
    const prefetch = Promise.allSettled([fixture.manager.prefetch("tool", { signal: controller.signal })]);
    await until("it runs", () => asked.asked("/prefetch").length === 1);
    controller.abort(new Error("never mind"));
    expect(await prefetch).toMatchObject([{ reason: { message: "never mind" } }]);
    expect(fixture.summary("tool").pid).toBe(pid);
  });
});

describe("an initialisation", () => {
  test("that stands still fails the load, and nothing is left", async () => {
    const clock = new ManualClock();
    await using fixture = await ManagerFixture.create({ clock });
    const asked = fixture.script("tool", { initialize: "hangs", progress: "stands" });
    const load = fixture.manager.load("tool", { config: { a: 1 } });
    load.catch(() => {});
    await until("it is initialised", () => asked.asked("/initialize").length === 1);
    expect(await whileTimePasses(clock, 1_000, load)).toMatchObject({
      reason: { code: "CJM_WORKER_STALLED", message: expect.stringContaining("The initialisation of tool made no progress for 60 s") },
    });
    expect(fixture.manager.instances()).toEqual([]);
    await fixture.writer.flushed();
    expect(fixture.rows("worker_died")).toMatchObject([{ phase: "startup", reason: "the initialisation made no progress" }]);
  });

  test("whose worker dies says how", async () => {
    await using fixture = await ManagerFixture.create();
    fixture.script("tool", { initialize: "dies" });
    await expect(fixture.manager.load("tool", { config: { a: 1 } })).rejects.toMatchObject({
      code: "CJM_WORKER_DIED",
      message: expect.stringMatching(/during the initialisation \(exit code 9\)[\s\S]*initialize dies/),
    });
  });
});
