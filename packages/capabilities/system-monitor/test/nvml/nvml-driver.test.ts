import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runProgram, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { SystemMonitor } from "../../src/index.ts";
import { NvmlDriver } from "../../src/nvml/nvml-driver.ts";
import { FakeNvml } from "../fake-nvml.ts";

const NONE = 0xffff_ffff;
const UNKNOWN = "18446744073709551615";
const MIB = 1024 * 1024;

const process = (device: number, kind: "c" | "g", pid: number, bytes: number | string, instance = NONE): string =>
  `process ${device} ${kind} ${pid} ${bytes} ${instance} ${instance}`;

const driverOf = (nvml: FakeNvml, timeoutMs?: number): NvmlDriver =>
  new NvmlDriver({ paths: [nvml.library], ...(timeoutMs === undefined ? {} : { timeoutMs }) });

describe("devices through the library", () => {
  test("two, with every figure, and initialised once", async (context) => {
    await using nvml = await FakeNvml.build(context);
    const driver = driverOf(nvml);
    const h200 = { index: 0, name: "NVIDIA H200", uuid: "GPU-aaa", totalMb: 143771, freeMb: 143000, usedMb: 771, loadPercent: 3 };
    const t4 = { index: 1, name: "NVIDIA T4", uuid: "GPU-bbb", totalMb: 15360, freeMb: 15000, usedMb: 360, loadPercent: 40 };
    for (let round = 0; round < 3; round += 1) await expect(driver.gpus()).resolves.toMatchObject({ kind: "answer", value: [h200, t4] });
    expect(nvml.calls("nvmlInit_v2")).toBe(1);
    expect(nvml.calls("nvmlDeviceGetName")).toBe(2);
    await driver.close();
    await driver.close();
    expect(nvml.calls("nvmlShutdown")).toBe(1);
  });

  test("what a device or a user does not get is null; a device that this user may not use is left out", async (context) => {
    await using nvml = await FakeNvml.build(context);
    const driver = driverOf(nvml);
    nvml.set([
      "code nvmlDeviceGetMemoryInfo 0 3",
      "code nvmlDeviceGetUtilizationRates 0 4",
      "code nvmlDeviceGetUUID 0 3",
      "code nvmlDeviceGetHandleByIndex_v2 1 4",
    ]);
    const unknown = { name: "NVIDIA H200", uuid: null, totalMb: null, freeMb: null, usedMb: null, loadPercent: null };
    await expect(driver.gpus()).resolves.toMatchObject({ kind: "answer", value: [unknown] });
    await driver.close();
  });

  test.for<[number, string]>([
    [9, "the NVIDIA driver is not loaded"],
    [18, "different versions"],
    [4, "no permission"],
    [777, "an error without a name"],
  ])("an initialisation that fails with %i is told, and tried again", async ([code, words], context) => {
    await using nvml = await FakeNvml.build(context);
    const driver = driverOf(nvml);
    nvml.set([`code nvmlInit_v2 -1 ${code}`]);
    await expect(driver.gpus()).resolves.toEqual({ kind: "silent", reason: expect.stringContaining(words) });
    nvml.set([]);
    await expect(driver.gpus()).resolves.toMatchObject({ kind: "answer", value: [{ index: 0 }, { index: 1 }] });
    await driver.close();
  });

  test("a device that is lost is an error that names the call; afterwards the library is initialised anew", async (context) => {
    await using nvml = await FakeNvml.build(context);
    const driver = driverOf(nvml);
    await driver.gpus();
    nvml.set(["code nvmlDeviceGetMemoryInfo 1 15"]);
    const lost = { kind: "silent", reason: expect.stringMatching(/nvmlDeviceGetMemoryInfo.*lost/) };
    await expect(driver.gpus()).resolves.toEqual(lost);
    await expect(driver.gpus()).resolves.toEqual(lost);
    nvml.set([]);
    await expect(driver.gpus()).resolves.toMatchObject({ kind: "answer" });
    expect([nvml.calls("nvmlInit_v2"), nvml.calls("nvmlShutdown")]).toEqual([3, 2]);
    await driver.close();
  });

  test("a driver that does not return from a call holds nobody up, is asked nothing more meanwhile, and may come back", async (context) => {
    await using nvml = await FakeNvml.build(context);
    const driver = driverOf(nvml, 50);
    nvml.set(["hang 1"]);
    await expect(driver.gpus()).resolves.toMatchObject({ kind: "late" });
    await expect(driver.processes()).resolves.toMatchObject({ kind: "late" });
    expect(nvml.calls("nvmlInit_v2")).toBe(1);
    nvml.set([]);
    await until("the driver answers again", async () => (await driver.gpus()).kind === "answer");
    expect(nvml.calls("nvmlInit_v2")).toBe(1);
    await driver.close();
  });
});

describe("processes through the library", () => {
  test("that compute and that draw, once per device, and unknown memory as null", async (context) => {
    await using nvml = await FakeNvml.build(context);
    const driver = driverOf(nvml);
    nvml.set([
      process(0, "c", 4_000_001, 700 * MIB),
      process(0, "c", 4_000_002, UNKNOWN),
      process(0, "g", 4_000_001, 700 * MIB),
      process(0, "g", 4_000_003, 50 * MIB),
      process(1, "c", 4_000_001, 1024 * MIB),
    ]);
    await expect(driver.processes()).resolves.toEqual({
      kind: "answer",
      value: [
        { pid: 4_000_001, gpu_index: 0, gpu_memory_mb: 700, command: "" },
        { pid: 4_000_002, gpu_index: 0, gpu_memory_mb: null, command: "" },
        { pid: 4_000_003, gpu_index: 0, gpu_memory_mb: 50, command: "" },
        { pid: 4_000_001, gpu_index: 1, gpu_memory_mb: 1024, command: "" },
      ],
    });
    expect(nvml.calls("nvmlDeviceGetComputeRunningProcesses_v2")).toBe(0);
    await driver.close();
  });

  test.for([16, 32])("also from a driver with records of %i bytes", async (size, context) => {
    await using nvml = await FakeNvml.build(context);
    const driver = driverOf(nvml);
    nvml.set([`size ${size}`, process(0, "c", 4_000_001, 700 * MIB), process(0, "c", 4_000_002, 3 * MIB)]);
    await expect(driver.processes()).resolves.toMatchObject({
      value: [
        { pid: 4_000_001, gpu_memory_mb: 700 },
        { pid: 4_000_002, gpu_memory_mb: 3 },
      ],
    });
    await driver.close();
  });

  test("also from a driver without the newest functions", async (context) => {
    await using nvml = await FakeNvml.build(context, { withoutV3: true });
    const driver = driverOf(nvml);
    nvml.set([process(1, "c", 4_000_001, MIB)]);
    await expect(driver.processes()).resolves.toMatchObject({ value: [{ pid: 4_000_001, gpu_index: 1, gpu_memory_mb: 1 }] });
    expect(nvml.calls("nvmlDeviceGetComputeRunningProcesses_v2")).toBe(2);
    await driver.close();
  });

  test("more than there was room for", async (context) => {
    await using nvml = await FakeNvml.build(context);
    const driver = driverOf(nvml);
    nvml.set(Array.from({ length: 500 }, (_, index) => process(0, "c", 4_000_000 + index, MIB)));
    const answer = await driver.processes();
    expect(answer).toMatchObject({ kind: "answer", value: { length: 500, 499: { pid: 4_000_499, gpu_memory_mb: 1 } } });
    await driver.close();
  });

  test("a driver that lists none at all does not tell; one without lists of those that draw tells the others", async (context) => {
    await using nvml = await FakeNvml.build(context);
    const driver = driverOf(nvml);
    nvml.set(["code nvmlDeviceGetGraphicsRunningProcesses_v3 -1 3", process(0, "c", 4_000_001, MIB)]);
    await expect(driver.processes()).resolves.toMatchObject({ kind: "answer", value: [{ pid: 4_000_001 }] });
    nvml.set(["code nvmlDeviceGetComputeRunningProcesses_v3 -1 3"]);
    await expect(driver.processes()).resolves.toEqual({ kind: "absent" });
    await driver.close();
  });
});

describe("without the library", () => {
  test("there is nothing to ask: no such file, a file that is no library, no koffi", async (context) => {
    await using nvml = await FakeNvml.build(context);
    const noLibrary = `${nvml.folder}/text`;
    writeFileSync(noLibrary, "no library");
    await expect(new NvmlDriver({ paths: ["/nowhere/libnvidia-ml.so.1", noLibrary] }).gpus()).resolves.toEqual({ kind: "absent" });
    const importKoffi = () => Promise.reject(new Error("Cannot find package 'koffi'"));
    const driver = new NvmlDriver({ paths: [nvml.library], importKoffi });
    await expect(driver.gpus()).resolves.toEqual({ kind: "absent" });
    await expect(driver.processes()).resolves.toEqual({ kind: "absent" });
    await driver.close();
  });

  test("the next path that works is taken", async (context) => {
    await using nvml = await FakeNvml.build(context);
    const driver = new NvmlDriver({ paths: ["/nowhere/libnvidia-ml.so.1", nvml.library] });
    await expect(driver.gpus()).resolves.toMatchObject({ kind: "answer" });
    await driver.close();
  });
});

describe("the monitor with the library", () => {
  test("gives sums as ever, and each device", async (context) => {
    await using nvml = await FakeNvml.build(context);
    const monitor = new SystemMonitor({ nvml: [nvml.library] });
    const status = await monitor.getSystemStatus();
    expect(status).toMatchObject({
      gpu_type: "NVIDIA",
      gpu_total_memory_mb: 159131,
      gpu_free_memory_mb: 158000,
      gpu_used_memory_mb: 1131,
      gpu_load_percent: 40,
    });
    expect(status.gpus).toEqual([
      { index: 0, name: "NVIDIA H200", uuid: "GPU-aaa", total_mb: 143771, free_mb: 143000, load_percent: 3, unified_memory: false },
      { index: 1, name: "NVIDIA T4", uuid: "GPU-bbb", total_mb: 15360, free_mb: 15000, load_percent: 40, unified_memory: false },
    ]);
    await monitor.cleanup();
    expect(nvml.calls("nvmlShutdown")).toBe(1);
  });

  test("finds it by name, from the thread that a worker runs a capability on", async (context) => {
    await using nvml = await FakeNvml.build(context);
    nvml.set([process(0, "c", globalThis.process.pid, 700 * MIB)]);
    const program = fileURLToPath(new URL("../fixtures/ask-monitor.ts", import.meta.url));
    const result = await runProgram(globalThis.process.execPath, [program], {
      env: { LD_LIBRARY_PATH: nvml.folder, NODE_NO_WARNINGS: "1" },
    });
    expect(result).toMatchObject({ code: 0, stderr: "" });
    const said = JSON.parse(result.stdout) as { status: unknown; processes: { command: string }[] };
    expect(said.status).toMatchObject({ gpu_type: "NVIDIA", gpus: [{ uuid: "GPU-aaa" }, { uuid: "GPU-bbb" }] });
    expect(said.processes).toMatchObject([{ pid: globalThis.process.pid, gpu_index: 0, gpu_memory_mb: 700 }]);
    expect(said.processes[0]?.command).not.toBe("");
    expect([nvml.calls("nvmlInit_v2"), nvml.calls("nvmlShutdown")]).toEqual([1, 1]);
  });
});
