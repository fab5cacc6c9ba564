import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { NvidiaSmi, parseGpuProcesses, parseGpus } from "../src/nvidia-smi.ts";

describe("what nvidia-smi prints of devices", () => {
  const h200 = { vendor: "NVIDIA", index: 0, uuid: "GPU-aaa", name: "NVIDIA H200", unifiedMemory: false };

  test.each([
    ["0, GPU-aaa, NVIDIA H200, 143771, 143000, 771, 3\n", [{ ...h200, totalMb: 143771, freeMb: 143000, usedMb: 771, loadPercent: 3 }]],
    ["0, GPU-aaa, NVIDIA H200, 100, 90, 10, [N/A]\n", [{ ...h200, totalMb: 100, freeMb: 90, usedMb: 10, loadPercent: null }]],
    [
      "0, GPU-aaa, NVIDIA H200, [Not Supported], [N/A], , [Unknown Error]\n",
      [{ ...h200, totalMb: null, freeMb: null, usedMb: null, loadPercent: null }],
    ],
    ["No devices were found\n", []],
    ["", []],
  ])("%j", (text, gpus) => {
    expect(parseGpus(text)).toEqual(gpus);
  });
});

describe("what nvidia-smi prints of processes", () => {
  const indexes = new Map([
    ["GPU-aaa", 0],
    ["GPU-bbb", 1],
  ]);

  test.each([
    ["GPU-bbb, 4711, 512, /usr/bin/python3\n", [{ pid: 4711, gpu_index: 1, gpu_memory_mb: 512, command: "/usr/bin/python3" }]],
    ["GPU-aaa, 1, [N/A], x\n", [{ pid: 1, gpu_index: 0, gpu_memory_mb: null, command: "x" }]],
    ["GPU-aaa, 1, 5, [Insufficient Permissions]\n", [{ pid: 1, gpu_index: 0, gpu_memory_mb: 5, command: "[Insufficient Permissions]" }]],
    ["GPU-new, 1, 5, x\n", [{ pid: 1, gpu_index: null, gpu_memory_mb: 5, command: "x" }]],
    ["GPU-aaa, 1, 5, /opt/a, b/x\n", [{ pid: 1, gpu_index: 0, gpu_memory_mb: 5, command: "/opt/a, b/x" }]],
    [`GPU-aaa, 1, 5, ${"x".repeat(200)}\n`, [{ pid: 1, gpu_index: 0, gpu_memory_mb: 5, command: "x".repeat(120) }]],
    ["No running processes found\n", []],
    ["", []],
  ])("%j", (text, processes) => {
    expect(parseGpuProcesses(text, indexes)).toEqual(processes);
  });
});

test("a program that hangs is late, is ended, and is not started again beside itself", async () => {
  await using folder = await temporaryFolder();
  const program = join(folder.path, "nvidia-smi");
  const runs = join(folder.path, "runs");
  const hanging = join(folder.path, "hanging");
  writeFileSync(program, `#!/bin/sh\necho run >> '${runs}'\n[ -e '${hanging}' ] && exec sleep 600\necho '0, GPU-aaa, T4, 1, 1, 0, 0'\n`);
  chmodSync(program, 0o755);
  writeFileSync(hanging, "");
  // Long enough for a shell to be started on a crowded machine: what is late has to hang.
  const driver = new NvidiaSmi(program, 2_000);
  const [first, second] = await Promise.all([driver.gpus(), driver.processes()]);
  expect([first.kind, second.kind]).toEqual(["late", "late"]);
  rmSync(hanging);
  await until("the program answers again", async () => (await driver.gpus()).kind === "answer");
  expect(existsSync(runs) ? readFileSync(runs, "utf8").split("\n").length - 1 : 0).toBeLessThan(10);
});
