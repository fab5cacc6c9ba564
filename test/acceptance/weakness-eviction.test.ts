import type { SchedulingDecision, SchedulingPolicy } from "@cjm/host";
import { safetyPolicy } from "@cjm/host";
import { isRunning, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { AcceptanceHost } from "./kit/acceptance-host.ts";
import { Machine, outOfGpu } from "./kit/machine.ts";

const ALL = { resource: "gpu", shortfallMb: null, keep: [], reason: "a job waits" } as const;

describe("what is evicted (7.1: 19)", () => {
  test("is gone and not started again before its next call, and the machine is measured anew", async () => {
    await using machine = await Machine.create();
    const { host } = machine;
    host.install("tool");
    await host.manager.load("tool", { config: { model: "large" } });
    machine.holds({ tool: 9912 });
    const { pid } = host.summary("tool");
    const looks = host.asked("monitor", "/get_system_status").length;
    await host.manager.makeRoom(ALL);
    expect(isRunning(pid ?? 0)).toBe(false);
    expect(host.asked("monitor", "/get_system_status").length - looks).toBe(2);
    expect(host.summary("tool")).toMatchObject({ state: "cold", pid: null, config: { model: "large" } });
    expect(host.rows("worker_spawned").filter(({ instanceId }) => instanceId === "tool")).toHaveLength(1);
    expect(host.rows("worker_died").at(-1)).toMatchObject({ instanceId: "tool", payload: { phase: "evicted", reason: "a job waits" } });
    await expect(host.call("tool", { a: 1 })).resolves.toEqual({ a: 1 });
    expect(host.asked("tool", "/initialize")).toHaveLength(2);
  });

  test("stays so when a secret of its capability is set: the next worker has it anyway", async () => {
    await using machine = await Machine.create();
    const { host } = machine;
    await host.load("tool");
    machine.holds({ tool: 9912 });
    await host.manager.makeRoom(ALL);
    expect(await host.manager.environment.setSecret("tool", "KEY", "s3cret")).toEqual([]);
    expect(host.summary("tool").state).toBe("cold");
  });
});

describe("while room is made (7.1: 20)", () => {
  test("a call that begins on the next victim saves it, and one on the victim gets a new worker", async () => {
    await using machine = await Machine.create();
    const { host } = machine;
    for (const name of ["first", "second"]) host.install(name);
    host.records.setAnswers("first", { start: { termGate: "let go" } });
    await host.manager.loadAll([{ name: "first" }, { name: "second" }]);
    machine.holds({ first: 9912, second: 5000 });
    const victim = host.summary("first").pid;
    const making = host.manager.makeRoom(ALL);
    await until("the first is being ended", () => host.notes("told to end", "first").length === 1);
    const saving = host.call("second", { answer: { gate: "end", body: "saved" } });
    await host.untilAsked("second", "/execute");
    const waiting = host.call("first", { a: 1 });
    host.records.open("let go");
    expect(await making).toEqual({ freedMb: 9912, evicted: ["first"] });
    await expect(waiting).resolves.toEqual({ a: 1 });
    expect(host.summary("first").pid).not.toBe(victim);
    host.records.open("end");
    await expect(saving).resolves.toBe("saved");
    expect(host.rows("worker_died")).toHaveLength(1);
  });
});

describe("who is busy (7.1: 22, 23)", () => {
  test("an instance is, until the last of its calls has ended; then it hears that it was disabled", async () => {
    await using machine = await Machine.create();
    const { host } = machine;
    host.install("tool");
    await host.manager.load("tool", { maxConcurrentCalls: 2 });
    machine.holds({ tool: 9912 });
    const calls = ["one", "two"].map((gate) => host.call("tool", { answer: { gate, body: gate } }));
    await host.untilAsked("tool", "/execute", 2);
    await host.manager.disable("tool");
    host.records.open("one");
    await expect(calls[0]).resolves.toBe("one");
    expect((await host.manager.makeRoom(ALL)).evicted).toEqual([]);
    expect(host.asked("tool", "/on_disable")).toEqual([]);
    host.records.open("two");
    await expect(calls[1]).resolves.toBe("two");
    await host.untilAsked("tool", "/on_disable");
    expect(host.asked("tool", "/on_disable")).toHaveLength(1);
  });

  test("a stream is busy, too, to its end", async () => {
    await using machine = await Machine.create();
    const { host } = machine;
    await host.load("tool");
    machine.holds({ tool: 9912 });
    const chunks = Array.fromAsync(host.stream("tool", { chunks: 2, answer: { gate: "end" } }));
    await host.untilAsked("tool", "/execute_stream");
    expect(host.summary("tool").runningCalls).toBe(1);
    expect((await host.manager.makeRoom(ALL)).evicted).toEqual([]);
    await host.manager.disable("tool");
    expect(host.asked("tool", "/on_disable")).toEqual([]);
    host.records.open("end");
    await expect(chunks).resolves.toEqual([0, 1]);
    await host.untilAsked("tool", "/on_disable");
    expect((await host.manager.makeRoom(ALL)).evicted).toEqual(["tool"]);
    expect(host.manager.profile("tool")?.sampleCount).toBe(1);
  });

  test("disabled while a call ran and enabled again, the capability hears of neither", async () => {
    await using host = await AcceptanceHost.create();
    await host.load("tool");
    const call = host.call("tool", { answer: { gate: "end", body: "done" } });
    await host.untilAsked("tool", "/execute");
    await host.manager.disable("tool");
    await host.manager.enable("tool");
    host.records.open("end");
    await expect(call).resolves.toBe("done");
    await expect(host.call("tool", { a: 1 })).resolves.toEqual({ a: 1 });
    expect(host.asked("tool").filter(({ path }) => path?.startsWith("/on_"))).toEqual([]);
  });
});

describe("a policy that refuses (7.1: 26)", () => {
  test("has idle workers ended, the largest first, however lately they were used, and never a busy one", async () => {
    const asked: string[] = [];
    const policy: SchedulingPolicy = {
      decide: ({ instanceId }): SchedulingDecision => {
        asked.push(instanceId);
        const refused = instanceId === "needy" && asked.filter((id) => id === "needy").length === 1;
        return refused ? { kind: "refuse", reason: "no room", resource: "gpu", shortfallMb: 3000 } : { kind: "start" };
      },
    };
    await using machine = await Machine.create({ policy });
    const { host } = machine;
    await host.load("large", "recent", "busy", "needy");
    machine.holds({ large: 6000, recent: 4000, busy: 9506 });
    await host.call("large");
    await host.call("recent");
    const running = host.call("busy", { answer: { gate: "end" } });
    await host.untilAsked("busy", "/execute");
    await expect(host.call("needy", { a: 1 })).resolves.toEqual({ a: 1 });
    expect(host.rows("instance_evicted").map(({ instanceId }) => instanceId)).toEqual(["large"]);
    host.records.open("end");
    await running;
  });

  test("is heeded when nothing can be ended, and takes nothing", async () => {
    await using machine = await Machine.create({ policy: safetyPolicy });
    const { host } = machine;
    await host.load("needy");
    machine.remember("needy", 9000);
    machine.holds({});
    await expect(host.call("needy")).rejects.toMatchObject({
      code: "CJM_RESOURCE_EXHAUSTED",
      retriable: false,
      message: expect.stringContaining("9000 MB of GPU memory and 1000 MB are free"),
    });
    expect(host.asked("needy", "/execute")).toEqual([]);
    expect(host.summary("needy").runningCalls).toBe(0);
  });
});

describe("a retry beside other calls (7.1: 28)", () => {
  test("waits for them to end on the old worker", async () => {
    await using host = await AcceptanceHost.create();
    host.install("tool");
    await host.manager.load("tool", { maxConcurrentCalls: 2 });
    const sibling = host.call("tool", { answer: { gate: "end", body: "unharmed" } }, { jobId: "sibling" });
    await host.untilAsked("tool", "/execute");
    const retried = Promise.withResolvers<unknown>();
    const call = host.call("tool", { again: true, answer: { ...outOfGpu(1, 0), until: "end" } }, { onRetry: retried.resolve });
    await retried.promise;
    expect(host.notes("spawned", "tool")).toHaveLength(1);
    host.records.open("end");
    await expect(sibling).resolves.toBe("unharmed");
    await expect(call).resolves.toMatchObject({ again: true });
    const [first, second, third] = host.asked("tool", "/execute").map(({ pid }) => pid);
    expect([first === second, second === third]).toEqual([true, false]);
  });
});
