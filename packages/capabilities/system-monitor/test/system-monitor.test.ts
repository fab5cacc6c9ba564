import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@cjm/testing";
import { afterEach, describe, expect, test } from "vitest";
import { SystemMonitor } from "../src/index.ts";
import { parseMeminfo } from "../src/machine-use.ts";
import { parseGpuProcesses, parseGpus } from "../src/nvidia-smi.ts";

const GPUS = "0, GPU-aaa, NVIDIA H200, 143771, 143000, 771, 3\n1, GPU-bbb, NVIDIA T4, 15360, 15000, 360, [N/A]\n";
const PATH = process.env["PATH"];
afterEach(() => {
  process.env["PATH"] = PATH;
});

describe("what nvidia-smi prints", () => {
  test("devices, with figures the driver does not have as zero", () => {
    expect(parseGpus(GPUS)).toEqual([
      { index: 0, uuid: "GPU-aaa", name: "NVIDIA H200", totalMb: 143771, freeMb: 143000, usedMb: 771, loadPercent: 3 },
      { index: 1, uuid: "GPU-bbb", name: "NVIDIA T4", totalMb: 15360, freeMb: 15000, usedMb: 360, loadPercent: 0 },
    ]);
  });

  test.each([
    ["GPU-bbb, 4711, 512, /usr/bin/python3\n", [{ pid: 4711, gpu_index: 1, gpu_memory_mb: 512, command: "/usr/bin/python3" }]],
    ["GPU-aaa, 1, [N/A], x\n", [{ pid: 1, gpu_index: 0, gpu_memory_mb: 0, command: "x" }]],
    ["No running processes found\n", []],
    ["", []],
  ])("processes: %j", (text, processes) => {
    expect(parseGpuProcesses(text, parseGpus(GPUS))).toEqual(processes);
  });
});

test("available memory is what the kernel says", () => {
  expect(parseMeminfo("MemTotal:       2048 kB\nMemFree:  1 kB\nMemAvailable:   1024 kB\n")).toEqual({ totalMb: 2, availableMb: 1 });
  expect(() => parseMeminfo("nothing")).toThrow("MemTotal");
});

describe("the monitor", () => {
  test("without a GPU answers with zeros and says None", async () => {
    process.env["PATH"] = "/nowhere";
    const status = await new SystemMonitor().getSystemStatus();
    expect(status).toMatchObject({ gpu_type: "None", gpu_total_memory_mb: 0, gpu_load_percent: 0 });
    expect(status.memory_available_mb).toBeGreaterThan(0);
    expect(status.memory_available_mb).toBeLessThanOrEqual(status.memory_total_mb);
    await expect(new SystemMonitor().listProcesses()).resolves.toEqual([]);
  });

  test("a driver that stops answering is an error, not a machine without a GPU", async () => {
    await using folder = await temporaryFolder();
    const install = (script: string): void => {
      writeFileSync(join(folder.path, "nvidia-smi"), `#!/bin/sh\n${script}\n`);
      chmodSync(join(folder.path, "nvidia-smi"), 0o755);
    };
    process.env["PATH"] = `${folder.path}:${PATH}`;
    const monitor = new SystemMonitor();
    install("echo 'No devices were found'; exit 6");
    await expect(monitor.getSystemStatus()).resolves.toMatchObject({ gpu_type: "None" });
    install(`printf '%s' '${GPUS}'`);
    await expect(monitor.getSystemStatus()).resolves.toMatchObject({ gpu_type: "NVIDIA" });
    install("exit 9");
    await expect(monitor.getSystemStatus()).rejects.toThrow("does not answer now");
    await expect(monitor.listProcesses()).rejects.toThrow("does not answer now");
  });

  test("with GPUs sums memory and takes the busiest load", async () => {
    await using folder = await temporaryFolder();
    const program = join(folder.path, "nvidia-smi");
    writeFileSync(
      program,
      `#!/bin/sh\ncase "$1" in *query-gpu*) printf '%s' '${GPUS}' ;; *) printf 'GPU-aaa, 42, 700, train\\n' ;; esac\n`,
    );
    chmodSync(program, 0o755);
    process.env["PATH"] = `${folder.path}:${PATH}`;
    const monitor = new SystemMonitor();
    await expect(monitor.getSystemStatus()).resolves.toMatchObject({
      gpu_type: "NVIDIA",
      gpu_total_memory_mb: 159131,
      gpu_free_memory_mb: 158000,
      gpu_load_percent: 3,
    });
    await expect(monitor.listProcesses()).resolves.toEqual([{ pid: 42, gpu_index: 0, gpu_memory_mb: 700, command: "train" }]);
  });
});
