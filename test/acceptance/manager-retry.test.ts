import { isRunning, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { AcceptanceHost } from "./kit/acceptance-host.ts";
import { outOfGpu } from "./kit/machine.ts";
import { installProbes, LANGUAGES } from "./kit/real-workers.ts";

describe("resource retry (26)", () => {
  const FAILS = { ...outOfGpu(6000, 3500), until: "mended" };

  test("a call that ran out of a resource is made again, once, on a new worker with the same configuration", async () => {
    await using host = await AcceptanceHost.create();
    host.install("tool");
    await host.manager.load("tool", { config: { model: "large", beams: 4 } });
    const told: unknown[] = [];
    const onRetry = (error: unknown): void => {
      told.push(error);
      host.records.open("mended");
    };
    await expect(host.call("tool", { text: "a", answer: FAILS }, { onRetry })).resolves.toMatchObject({ text: "a" });
    expect(told).toEqual([expect.objectContaining({ code: "CJM_RESOURCE_EXHAUSTED", category: "resource" })]);
    const [first, second] = host.asked("tool", "/execute");
    expect(second?.body).toEqual(first?.body);
    expect(second?.pid).not.toBe(first?.pid);
    expect(isRunning(first?.pid ?? 0)).toBe(false);
    expect(host.asked("tool", "/initialize").map(({ body }) => body)).toEqual(Array(2).fill({ model: "large", beams: 4 }));
    expect(host.rows("worker_died").map(({ payload }) => payload["phase"])).toEqual(["restart"]);
  });

  test.each([
    { maxResourceRetries: 1, attempts: 2, workers: 2 },
    { maxResourceRetries: 0, attempts: 1, workers: 1 },
  ])("a call that always runs out is made $attempts times with $maxResourceRetries retries", async (expected) => {
    await using host = await AcceptanceHost.create({ maxResourceRetries: expected.maxResourceRetries });
    await host.load("tool");
    await expect(host.call("tool", { answer: FAILS })).rejects.toMatchObject({
      code: "CJM_RESOURCE_EXHAUSTED",
      message: "CUDA out of memory",
      jobError: expect.objectContaining({ resource_shortfall: { resource: "gpu_vram_mb", needed: 6000, available: 3500 } }),
    });
    expect(host.asked("tool", "/execute")).toHaveLength(expected.attempts);
    expect(host.rows("worker_spawned")).toHaveLength(expected.workers);
  });

  test.each(["user_input", "transient", "fatal"])("an error of the category %s is not tried again", async (category) => {
    await using host = await AcceptanceHost.create();
    await host.load("tool");
    const body = { _job_error: { category, message: "no", retriable: true, original_exc_repr: "E('no')" } };
    await expect(host.call("tool", { answer: { status: 500, body } })).rejects.toMatchObject({ category });
    expect(host.asked("tool", "/execute")).toHaveLength(1);
    expect(host.rows("worker_spawned")).toHaveLength(1);
  });

  test.each(LANGUAGES)("a capability of ours that says so is tried again on a new worker (%s)", async (language) => {
    await using host = await AcceptanceHost.create();
    installProbes(host);
    await host.manager.load(language);
    const before = host.summary(language).pid;
    const told: unknown[] = [];
    const call = host.call(
      language,
      { action: "fail", category: "resource", message: "too large" },
      { onRetry: (error) => told.push(error) },
    );
    await expect(call).rejects.toMatchObject({ code: "CJM_RESOURCE_EXHAUSTED", message: "too large" });
    expect(told).toHaveLength(1);
    expect(host.rows("worker_spawned")).toHaveLength(2);
    expect(host.summary(language).pid).not.toBe(before);
  });

  test.each(LANGUAGES)("a worker that was killed is taken for one that ran out of memory (%s)", async (language) => {
    await using host = await AcceptanceHost.create();
    installProbes(host);
    await host.manager.load(language, { maxConcurrentCalls: 2 });
    const told: unknown[] = [];
    const call = host.call(language, { action: "gate", name: "go" }, { onRetry: (error) => told.push(error) });
    await host.call(language, { action: "echo", value: "the gate is reached" });
    process.kill(host.summary(language).pid ?? 0, "SIGKILL");
    await until("there is another worker", () => host.rows("worker_ready").length === 2);
    await host.call(language, { action: "open_gate", name: "go" });
    await expect(call).resolves.toBe("passed");
    expect(told).toEqual([expect.objectContaining({ code: "CJM_WORKER_OUT_OF_MEMORY" })]);
  });
});
