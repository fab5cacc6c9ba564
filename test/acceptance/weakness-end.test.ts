import { until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { AcceptanceHost } from "./kit/acceptance-host.ts";
import { installProbes, LANGUAGES } from "./kit/real-workers.ts";

describe("the end of a host (7.1: 11)", () => {
  test("settles what runs, what waits and what streams, and leaves nothing", async () => {
    await using host = await AcceptanceHost.create();
    await host.load("tool", "streaming");
    const settled: string[] = [];
    const note = (name: string, work: Promise<unknown>) => work.catch(() => {}).finally(() => settled.push(name));
    const works = [
      note("running", host.call("tool", { answer: { gate: "never" } })),
      note("waiting", host.call("tool")),
      note("stream", Array.fromAsync(host.stream("streaming", { chunks: 2, answer: { gate: "never" } }))),
    ];
    await host.untilAsked("tool", "/execute");
    await host.untilAsked("streaming", "/execute_stream");
    await host.manager.close();
    await Promise.all(works);
    expect(settled.sort()).toEqual(["running", "stream", "waiting"]);
    expect(host.processes()).toEqual([]);
    expect(host.asked("tool", "/execute")).toHaveLength(1);
    expect(host.rows("worker_died").map(({ payload }) => payload["phase"])).toEqual(["cleanup", "cleanup"]);
  });

  test("gives up a load that is under way", async () => {
    await using host = await AcceptanceHost.create();
    host.install("tool");
    host.records.setAnswers("tool", { start: { gate: "never" } });
    const loading = host.manager.load("tool");
    const outcome = expect(loading).rejects.toMatchObject({ message: expect.stringContaining("closed") });
    await until("the worker is there", () => host.notes("spawned", "tool").length === 1);
    await host.manager.close();
    await outcome;
    expect(host.processes()).toEqual([]);
  });

  test("is the end: nothing is loaded afterwards", async () => {
    await using host = await AcceptanceHost.create();
    host.install("tool");
    await host.manager.close();
    await expect(host.manager.load("tool")).rejects.toMatchObject({ message: expect.stringContaining("closed") });
    expect(host.notes("spawned", "tool")).toEqual([]);
  });
});

describe("cleanup (trap 7)", () => {
  test.each(LANGUAGES)("runs once when an instance is unloaded (%s)", async (language) => {
    await using host = await AcceptanceHost.create();
    installProbes(host);
    await host.manager.load(language, { config: { greeting: "hi" } });
    await host.manager.unload(language);
    expect(host.diagnostics.queryChunks({}).filter(({ content }) => content === "cleaned up")).toHaveLength(1);
    expect(host.rows("worker_died")).toEqual([
      expect.objectContaining({ payload: expect.objectContaining({ phase: "cleanup", returncode: 0 }) }),
    ]);
  });
});

describe("death between calls (trap 11)", () => {
  test("is journaled when it happens, and the next call has a worker", async () => {
    await using host = await AcceptanceHost.create();
    await host.load("tool");
    const { pid } = host.summary("tool");
    process.kill(pid ?? 0, "SIGSEGV");
    await until("the row is there", () => host.rows("worker_died").length === 1);
    expect(host.rows("worker_died")[0]).toMatchObject({
      instanceId: "tool",
      capabilityName: "tool",
      workerSessionId: host.rows("worker_spawned")[0]?.workerSessionId,
      payload: { phase: "died", returncode: -11, reason: expect.any(String) },
    });
    expect(host.summary("tool").state).toBe("down");
    await expect(host.call("tool", { a: 1 })).resolves.toEqual({ a: 1 });
  });
});
