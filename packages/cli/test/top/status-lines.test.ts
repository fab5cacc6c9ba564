import type { StatusReport, WorkerReport } from "@cjm/pipeline";
import { createColors } from "picocolors";
import { expect, test } from "vitest";
import { statusLines } from "../../src/top/status-lines.ts";

const WORKER: WorkerReport = {
  instanceId: "whisper",
  capabilityName: "whisper",
  pid: 20,
  state: "ready",
  enabled: true,
  heldBack: null,
  runningCalls: 1,
  maxConcurrentCalls: 2,
  waitingJobs: 3,
  memoryMb: 2048,
  gpuMb: 10_240,
};
const STATUS: StatusReport = {
  at: 0,
  machine: {
    memoryTotalMb: 32 * 1024,
    memoryAvailableMb: 20 * 1024,
    gpuType: "NVIDIA H200",
    gpuTotalMb: 140 * 1024,
    gpuFreeMb: 130 * 1024,
    gpuLoadPercent: 42.6,
  },
  lanes: { total: 4, inUse: 1 },
  running: 1,
  pending: 0,
  ended: { completed: 7, failed: 1, cancelled: 0 },
  workers: [WORKER],
  compositions: [],
  waiting: [],
  journalFailure: null,
};
const host = (status: Partial<StatusReport>, pid = 10) => ({
  info: { cjmControl: 1 as const, pid, runId: "r", actor: "app:me", startedAt: 0 },
  status: { ...STATUS, ...status },
});
const lines = (...args: Parameters<typeof statusLines> extends [infer Hosts, infer Silent, unknown] ? [Hosts, Silent] : never) =>
  statusLines(...args, { nowMs: 60_000, columns: 200, colors: createColors(false) }).join("\n");

test("memory and GPU of the machine and of each worker", () => {
  expect(lines([host({})], [])).toBe(`memory 12.0 GiB of 32.0 GiB in use   GPU NVIDIA H200 10.0 GiB of 140 GiB in use, load 43 %

host  who     up         lanes   running  waiting  completed  failed  cancelled
10    app:me  1 min 0 s  1 of 4  1        0        7          1       0

worker   host  pid  state  memory   GPU       calls   waiting
whisper  10    20   ready  2.0 GiB  10.0 GiB  1 of 2  3`);
});

test("what is not as it should be: disabled, held back, without process, a host that is silent or accepts nothing", () => {
  const workers = [
    { ...WORKER, enabled: false },
    { ...WORKER, instanceId: "ocr", state: "down", pid: null, memoryMb: null, gpuMb: null, heldBack: "it died 3 times" },
  ];
  const text = lines([host({ workers, journalFailure: "the disk is full" })], [{ pid: 11, path: "/x", reason: "it does not answer" }]);
  expect(text).toMatch(/whisper +10 +20 +ready \(disabled\)/);
  expect(text).toMatch(/ocr +10 +- +down \(it died 3 times\) +- +- /);
  expect(text).toContain("host 10 accepts no work: the disk is full");
  expect(text).toContain("The host of pid 11 cannot be asked: it does not answer.");
});
