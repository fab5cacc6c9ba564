import type { ProfileStore } from "@cjm/host";
import { ManualClock, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { AcceptanceHost, type HostOptions } from "./kit/acceptance-host.ts";
import { Machine } from "./kit/machine.ts";
import type { Note } from "./kit/record-folder.ts";

const CALLS = 30;

/** How often each path was asked. */
const paths = (notes: readonly Note[]): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(Object.groupBy(notes, ({ path = "" }) => path)).map(([path, same = []]) => [path, same.length]));

const connections = (notes: readonly Note[]): number => new Set(notes.map(({ connection }) => connection)).size;

describe("what a call costs (7.2: 41, 42, 43)", () => {
  // The next call may begin a moment before the connection of the last one is free again.
  const ONE_AFTER_ANOTHER = 2;

  test("is one request, on the same connections, however many there are one after another", async () => {
    await using host = await AcceptanceHost.create();
    await host.load("tool");
    const before = host.asked("tool").length;
    for (let call = 0; call < CALLS; call++) await host.call("tool", { call }, { onProgress: () => {} });
    const asked = host.asked("tool").slice(before);
    expect(paths(asked)).toEqual({ "/execute": CALLS });
    expect(connections(asked)).toBeLessThanOrEqual(ONE_AFTER_ANOTHER);
  });

  test("is one question of the monitor per second for all of them, on the same connections", async () => {
    await using machine = await Machine.create();
    const { host } = machine;
    await host.load("tool", "other");
    machine.holds({ tool: 700 });
    await host.call("tool");
    const first = paths(host.asked("monitor"));
    expect(first).toMatchObject({ "/get_system_status": 1, "/list_processes": 1 });
    for (let call = 0; call < CALLS; call++) await Promise.all([host.call("tool"), host.call("other")]);
    expect(paths(host.asked("monitor"))).toEqual(first);
    machine.clock.advance(1_000);
    await Promise.all([host.call("tool"), host.call("other")]);
    expect(paths(host.asked("monitor"))).toEqual({ ...first, "/list_processes": 2 });
    expect(connections(host.asked("monitor"))).toBeLessThanOrEqual(ONE_AFTER_ANOTHER);
  });

  test("is at most one write of its profile, and one read of it for all; none is lost", async () => {
    await using disk = await AcceptanceHost.create();
    const counts = { reads: 0, writes: 0 };
    const counting: ProfileStore = {
      get: (...key) => {
        counts.reads += 1;
        return disk.profiles.get(...key);
      },
      record: (...sample) => {
        counts.writes += 1;
        return disk.profiles.record(...sample);
      },
    };
    await using host = await AcceptanceHost.create({ profiles: counting });
    await host.load("tool");
    const { configHash } = host.summary("tool");
    for (let call = 0; call < CALLS; call++) await host.call("tool");
    expect(host.manager.profile("tool")?.sampleCount).toBe(CALLS);
    await host.manager.close();
    expect(counts.reads).toBeLessThanOrEqual(2);
    expect(counts.writes).toBeLessThanOrEqual(CALLS);
    expect(disk.profiles.get("tool", configHash)?.sampleCount).toBe(CALLS);
  });

  test("a cancellation goes over the connections that are there", async () => {
    await using host = await AcceptanceHost.create();
    await host.load("tool");
    for (let round = 0; round < 5; round++) {
      const jobId = `job-${round}`;
      const call = host.call("tool", { answer: { gate: "never" } }, { jobId });
      const outcome = expect(call).rejects.toMatchObject({ code: "CJM_CANCELLED" });
      await host.untilAsked("tool", "/execute", round + 1);
      await host.manager.requestCancel("tool", jobId);
      await outcome;
    }
    expect(paths(host.asked("tool"))).toMatchObject({ "/execute": 5, "/cancel": 5 });
    expect(connections(host.asked("tool"))).toBeLessThanOrEqual(1 + ONE_AFTER_ANOTHER);
  });

  test("an idle connection is given up by the host, before a worker of the original would close it (trap 8)", async () => {
    await using host = await AcceptanceHost.create();
    await host.load("tool");
    await host.call("tool");
    const used = connections(host.asked("tool"));
    await until("the host closed what it had used", () => host.notes("disconnected", "tool").length === used);
    await expect(host.call("tool", { a: 1 })).resolves.toEqual({ a: 1 });
    expect(connections(host.asked("tool"))).toBe(used + 1);
  });
});

describe("what a start costs (7.2: 49)", () => {
  const gated = async (options: HostOptions = {}): Promise<AcceptanceHost> => {
    const host = await AcceptanceHost.create(options);
    for (const name of ["first", "second"]) {
      host.install(name);
      host.records.setAnswers(name, { start: { gate: "both are there" } });
    }
    return host;
  };

  test("several are started side by side, not one after another", async () => {
    await using host = await gated();
    const loading = host.manager.loadAll([{ name: "first" }, { name: "second" }], { concurrency: 2 });
    await until("both were spawned", () => ["first", "second"].every((name) => host.notes("spawned", name).length === 1));
    host.records.open("both are there");
    expect((await loading).map(({ kind }) => kind)).toEqual(["done", "done"]);
  });

  test("one asks nothing until the worker says that it is ready, and then only what it has to know", async () => {
    await using host = await AcceptanceHost.create();
    host.install("plain");
    host.install("told", { drift_tracking: { config_schema_hash: null, structural_surface_hash: `sha256:${"0".repeat(64)}` } });
    await host.manager.load("plain");
    await host.manager.load("told", { config: { model: "large" } });
    expect(paths(host.asked("plain"))).toEqual({ "/config_schema": 1 });
    expect(paths(host.asked("told"))).toEqual({ "/config_schema": 1, "/structural_surface": 1, "/initialize": 1 });
  });

  test("without drift detection not even that", async () => {
    await using host = await AcceptanceHost.create({ config: { driftDetection: false } });
    await host.load("tool");
    expect(host.asked("tool")).toEqual([]);
  });

  test("may take its time, which is no failure before the deadline (trap 2)", async () => {
    const clock = new ManualClock();
    await using host = await gated({ clock, startTimeoutMs: 60_000 });
    const loading = host.manager.load("first");
    await until("it was spawned", () => host.notes("spawned", "first").length === 1);
    clock.advance(59_000);
    host.records.open("both are there");
    await expect(loading).resolves.toMatchObject({ state: "ready" });
  });
});

describe("while one instance is being restarted (7.2: 44)", () => {
  test("calls of the others go on, and calls of it wait for the new worker", async () => {
    await using host = await AcceptanceHost.create();
    await host.load("slow", "quick");
    const { pid } = host.summary("slow");
    host.records.setAnswers("slow", { start: { gate: "start" } });
    let restarted = false;
    const restarting = host.manager.restart("slow", "it hangs").finally(() => {
      restarted = true;
    });
    await until("its new worker is being started", () => host.notes("spawned", "slow").length === 2);
    const waiting = host.call("slow", { a: 1 });
    for (let call = 0; call < 5; call++) await expect(host.call("quick", { call })).resolves.toEqual({ call });
    expect(restarted).toBe(false);
    host.records.open("start");
    await restarting;
    await expect(waiting).resolves.toEqual({ a: 1 });
    expect(host.summary("slow").pid).not.toBe(pid);
  });
});
