import { JournalWriter } from "@cjm/core";
import { JobQueue } from "@cjm/queue";
import { MemoryJournal, type TemporaryFolder, temporaryFolder, until } from "@cjm/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FakeInstance, FakeRuntime } from "../../../queue/test/fake-runtime.ts";
import { ControlServer } from "../../src/control/control-server.ts";
import { HostConnection } from "../../src/control/host-connection.ts";
import { LiveHostSource } from "../../src/control/host-source.ts";
import type { StatusReport } from "../../src/index.ts";

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder("cjm-c-");
});
afterEach(() => folder[Symbol.asyncDispose]());

const GPU = { memoryAvailableMb: 60_000, gpuType: "NVIDIA", gpuTotalMb: 10_000, gpuFreeMb: 10_000, gpuLoadPercent: 5 };

/** A queue over instances that do what the test says, its control socket, and a client of it. */
async function connected(instances: Record<string, FakeInstance>) {
  const runtime = new FakeRuntime(instances);
  runtime.status = GPU;
  const queue = new JobQueue({ runtime, journal: new JournalWriter(new MemoryJournal()), machineMemoryMb: 64_000 });
  const manager = { instances: () => [], residency: () => null, systemStatus: async () => runtime.status };
  const server = new ControlServer({ dataDir: folder.path });
  await server.open(new LiveHostSource({ queue, manager }), { runId: "run_x", actor: "test", startedAt: 1 });
  const socketPath = server.socketPath ?? "";
  const host = await HostConnection.open(socketPath);
  return {
    runtime,
    queue,
    host,
    socketPath,
    [Symbol.asyncDispose]: async () => {
      host[Symbol.dispose]();
      await queue.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

test("what is missing, who holds it and what making room would cost arrive as the queue has them; arguments and results do not", async () => {
  await using kit = await connected({ big: { profile: { gpuMb: 6000 } }, other: { profile: { gpuMb: 5000 } } });
  Object.assign(kit.runtime, { evictable: () => [{ instanceId: "idle", holdsMb: 3000, reloadMs: 4200 }] });
  const kwargs = { action: "read", password: "s3cret" };
  const first = await kit.queue.submit({ instanceId: "big", kwargs });
  const call = await kit.runtime.call("big");
  const second = await kit.queue.submit({ instanceId: "other", kwargs });
  await until("it was looked at", () => kit.queue.get(second.jobId)?.blockReason !== null);
  expect(await kit.host.explain(second.jobId)).toEqual(kit.queue.explain(second.jobId));
  expect(await kit.host.explain(second.jobId)).toMatchObject({
    missing: { shortfallMb: 2000 },
    heldBy: [{ holdsMb: 6000 }],
    evictable: [{}],
  });
  expect(await kit.host.explain(first.jobId)).toBeNull();
  call.options.onProgress?.({ fraction: 0.4, message: "page 4" });
  const report = await kit.host.jobs();
  expect(report.jobs).toMatchObject([
    { jobId: first.jobId, status: "running", call: "read", progress: 0.4, statusMessage: "page 4", waitsFor: null },
    { jobId: second.jobId, status: "pending", waitsFor: expect.stringContaining("Awaiting 5000 MB of GPU memory") },
  ]);
  expect(JSON.stringify([report, await kit.host.status()])).not.toContain("s3cret");
});

test("a backlog of thousands is counted, not listed", async () => {
  await using kit = await connected({ a: { profile: {} } });
  await Promise.all(Array.from({ length: 3000 }, () => kit.queue.submit({ instanceId: "a" })));
  await kit.runtime.call("a");
  const { jobs, unlisted } = await kit.host.jobs();
  expect([jobs.length, unlisted, jobs[0]?.status]).toEqual([500, 2500, "running"]);
  const status = await kit.host.status();
  expect([status.running, status.pending, status.waiting.length]).toEqual([1, 2999, 10]);
  expect(status.machine).toMatchObject({ gpuTotalMb: 10_000, gpuFreeMb: 10_000, memoryAvailableMb: 60_000 });
});

test("compositions with their nodes; a cancellation waits for the end, and whoever watches sees it", async () => {
  await using kit = await connected({
    a: { profile: {}, onCancel: (call) => call.reject(call.options.signal.reason ?? new Error("stopped")) },
  });
  const nodes = { first: { capability: "a" }, second: { capability: "a", after: "first" } };
  const { compositionId } = await kit.queue.submitComposition({ name: "flow", nodes });
  (await kit.runtime.call("a")).resolve();
  await until("the second node runs", () => kit.runtime.calls.length === 2);
  const [composition] = (await kit.host.jobs()).compositions;
  expect(composition).toMatchObject({ compositionId, name: "flow", nodes: { total: 2, ended: 1, failed: 0 }, running: ["second"] });

  const seen: StatusReport[] = [];
  using watching = await HostConnection.open(kit.socketPath);
  void watching.watch((status) => seen.push(status), AbortSignal.timeout(60_000));
  await until("it is seen", () => seen.at(-1)?.compositions.length === 1);
  expect(await kit.host.cancel(compositionId, { wait: true })).toEqual({ kind: "composition", requested: true, status: "cancelled" });
  await until("its end is seen", () => seen.at(-1)?.compositions.length === 0 && seen.at(-1)?.running === 0);
  expect(await kit.host.cancel(compositionId, { wait: true })).toEqual({ kind: "composition", requested: false, status: "cancelled" });
});
