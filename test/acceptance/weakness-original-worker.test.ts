import { until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { AcceptanceHost, type HostOptions } from "./kit/acceptance-host.ts";
import { installOriginal } from "./kit/real-workers.ts";

async function original(options: HostOptions = {}): Promise<AcceptanceHost> {
  const host = await AcceptanceHost.create(options);
  installOriginal(host, "original");
  return host;
}

const printed = (host: AcceptanceHost, line: string): number =>
  host.diagnostics.queryChunks({}).filter(({ content }) => content === line).length;

describe("a worker of the original under our host", () => {
  test("is initialised, called, streamed, told and asked as its own host would", async () => {
    await using host = await original();
    expect(await host.manager.load("original", { config: { label: "mine" } })).toMatchObject({ state: "ready", config: { label: "mine" } });
    expect(await host.manager.configuration.read("original")).toMatchObject({ label: "mine", epsilon: 0.00001 });
    expect(await host.call("original", { action: "echo", value: { a: [1, "é\u2028"] } })).toEqual({ a: [1, "é\u2028"] });
    await expect(host.call("original", { action: "fail", category: "user_input" })).rejects.toMatchObject({
      code: "CJM_INPUT_INVALID",
      details: { fieldsInvalid: ["field"] },
    });
    expect(host.rows("stand_in_account")).toEqual([expect.objectContaining({ workerReported: true, payload: { category: "user_input" } })]);
    const chunks = await Array.fromAsync(host.stream("original", { count: 2 }));
    expect(chunks).toEqual([0, 1].map((index) => ({ index, text: "a\u2028b", value: 1 })));
    await host.manager.disable("original");
    await until("it was told", () => printed(host, "disabled") === 1);
  });

  test("logs under the job that it works for (20)", async () => {
    await using host = await original();
    await host.manager.load("original");
    expect(await host.call("original", { action: "envelope" }, { jobId: "j1", envelope: { run_id: "r1" } })).toMatchObject({
      job_id: "j1",
      run_id: "r1",
    });
    await host.call("original", { action: "envelope" }, { jobId: "j2" });
    const records = host.diagnostics.queryRecords({ jobId: "j1" });
    expect(records).toEqual([expect.objectContaining({ message: "asked whose call it is", level: "INFO" })]);
    expect(host.manager.diagnostics("original").filter(({ kind }) => kind === "record")).toHaveLength(2);
  });

  test("may initialise for longer than the threshold: that it does not answer meanwhile is no standing still (trap 1)", async () => {
    await using host = await original({ config: { stallThresholdMs: 300 } });
    const config = { initialize_seconds: 2.5 };
    await expect(host.manager.load("original", { config })).resolves.toMatchObject({ state: "ready", config });
  });

  test("is cancelled in cooperation, which is told as that", async () => {
    await using host = await original();
    await host.manager.load("original");
    const call = host.call("original", { action: "sleep", seconds: 60 }, { jobId: "j" });
    const outcome = expect(call).rejects.toMatchObject({ code: "CJM_CANCELLED", retriable: false });
    await until("it sleeps", () => printed(host, "sleeping") === 1);
    await host.manager.requestCancel("original", "j");
    await outcome;
    expect(await host.call("original", { action: "echo", value: "next" })).toBe("next");
  });

  test("in a call that heeds nothing is ended with everything it started, and cleans up where it can (traps 5, 6, 7)", async () => {
    await using host = await original({ terminationGraceMs: 500 });
    await host.manager.load("original", { maxConcurrentCalls: 2 });
    await host.call("original", { action: "spawn_daemon" });
    await host.call("original", { action: "spawn", setsid: true });
    await host.manager.unload("original");
    await until("nothing is left", () => host.processes().length === 0);
    expect(printed(host, "cleaned up")).toBeGreaterThanOrEqual(1);

    await host.manager.load("original");
    const call = host.call("original", { action: "sleep", seconds: 600, check: false });
    const outcome = expect(call).rejects.toMatchObject({ code: "CJM_WORKER_DIED", message: expect.stringContaining("unloaded") });
    await until("it sleeps", () => printed(host, "sleeping") === 1);
    await host.manager.unload("original");
    await outcome;
    await until("nothing is left", () => host.processes().length === 0);
  });

  test("that is killed is taken for want of memory, and its call is made again (26)", async () => {
    await using host = await original();
    await host.manager.load("original");
    const told: unknown[] = [];
    const call = host.call("original", { action: "crash", signal_number: 9 }, { onRetry: (error) => told.push(error) });
    await expect(call).rejects.toMatchObject({ code: "CJM_WORKER_OUT_OF_MEMORY", message: expect.stringContaining("about to crash") });
    expect(told).toHaveLength(1);
    expect(host.rows("worker_spawned")).toHaveLength(2);
  });
});
