import { readFileSync } from "node:fs";
import { CjmError, systemClock } from "@cjm/core";
import { until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { queueKit, trace } from "../../packages/queue/test/queue-kit.ts";
import { AcceptanceQueue, type QueueOptions, steps } from "./kit/acceptance-queue.ts";
import { LANGUAGES } from "./kit/real-workers.ts";

/** Clock ticks that a process has computed for. */
function computed(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

/** A job that computes for a minute on a measured instance, and is cancelled once it does. */
async function cancelledWhileBusy(instanceId: string, check: boolean, options: QueueOptions = {}) {
  const real = await AcceptanceQueue.create(options);
  await real.measure();
  const pid = real.pid(instanceId);
  const ticks = computed(pid ?? 0);
  const job = await real.queue.submit({ instanceId, kwargs: { action: "busy", seconds: 60, check } });
  await until("it computes", () => computed(pid ?? 0) > ticks + 20);
  const before = systemClock.now();
  expect(job.cancel()).toBe(true);
  expect(job.cancel()).toBe(true);
  const view = await job.wait();
  return { real, job, view, pid, before, isSameWorker: real.pid(instanceId) === pid };
}

const COOPERATIVE = ["cancel:cooperative", "cancel:completed"];

describe.each(LANGUAGES)("a running job (%s)", (instanceId) => {
  test("whose capability heeds the request is cancelled, and its worker stays (22)", async () => {
    const { real, job, view, isSameWorker } = await cancelledWhileBusy(instanceId, true);
    await using _ = real;
    expect(view).toMatchObject({ status: "cancelled", error: null, cancellation: { phase: "completed", forced: false } });
    expect(steps(real.rowsOf(job.jobId))).toEqual(["admission_decided", "pending->running", ...COOPERATIVE, "running->cancelled"]);
    expect(isSameWorker).toBe(true);
    expect(real.host.rows("worker_died")).toEqual([]);
  });

  test("whose capability heeds nothing is ended with its worker, once, and the next job runs (23)", async () => {
    const { real, job, view, isSameWorker, before } = await cancelledWhileBusy(instanceId, false, { cancelGraceMs: 200 });
    await using _ = real;
    expect(view).toMatchObject({ status: "cancelled", cancellation: { phase: "completed", forced: true } });
    expect(view.cancellation?.requestedAt).toBeGreaterThanOrEqual(before);
    expect(steps(real.rowsOf(job.jobId)).filter((step) => step.startsWith("cancel:"))).toEqual([
      "cancel:cooperative",
      "cancel:force",
      "cancel:reloading",
      "cancel:completed",
    ]);
    expect(isSameWorker).toBe(false);
    expect(real.host.rows("worker_died")).toHaveLength(1);
    expect(await real.queue.run({ instanceId, kwargs: { action: "add", a: 1, b: 2 } })).toBe(3);
  });
});

test("a call that fails because it was asked to stop is cancelled, not failed (24)", async () => {
  const stopped = new CjmError("CJM_CANCELLED", "stopped as asked");
  await using kit = queueKit({ instances: { a: { profile: {}, onCancel: (call) => call.reject(stopped) } } });
  const job = await kit.queue.submit({ instanceId: "a" });
  await kit.runtime.call("a");
  job.cancel();
  expect(await job.wait()).toMatchObject({ status: "cancelled", error: null, cancellation: { phase: "completed" } });
  expect(trace(kit.journal, job.jobId).slice(2)).toEqual([...COOPERATIVE, "running->cancelled"]);
  expect(kit.runtime.restarts).toEqual([]);
});

test("retries of the runtime are told one by one and counted, and the job completes (25)", async () => {
  await using kit = queueKit({ instances: { a: { profile: {} } } });
  const job = await kit.queue.submit({ instanceId: "a" });
  const call = await kit.runtime.call("a");
  for (const _retry of [1, 2]) call.options.onRetry?.(new CjmError("CJM_RESOURCE_EXHAUSTED", "out of memory"));
  call.resolve();
  expect(await job.wait()).toMatchObject({ status: "completed", retryCount: 2 });
  const retries = kit.journal.query({ eventType: "retry_started" });
  expect(retries.map(({ jobId, payload }) => [jobId, payload["attempt"], payload["exception_category"]])).toEqual([
    [job.jobId, 1, "resource"],
    [job.jobId, 2, "resource"],
  ]);
});
