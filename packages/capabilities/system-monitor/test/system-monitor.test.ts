import { channel } from "node:diagnostics_channel";
import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { SystemMonitor } from "../src/index.ts";

const GPUS = "0, GPU-aaa, NVIDIA H200, 143771, 143000, 771, 3\n1, GPU-bbb, NVIDIA T4, 15360, 15000, 360, [N/A]\n";

/** A stand-in for the vendor's program; it leaves a line for every time it runs. */
class StandIn {
  readonly path: string;

  constructor(folder: TemporaryFolder, script: string) {
    this.path = join(folder.path, "nvidia-smi");
    this.does(script);
  }

  does(script: string): void {
    writeFileSync(this.path, `#!/bin/sh\necho run >> '${this.path}.runs'\n${script}\n`);
    chmodSync(this.path, 0o755);
  }

  get runs(): number {
    return existsSync(`${this.path}.runs`) ? readFileSync(`${this.path}.runs`, "utf8").split("\n").length - 1 : 0;
  }
}

/** Only what the test names is on the machine. */
const machine = (parts: ConstructorParameters<typeof SystemMonitor>[0] = {}): SystemMonitor =>
  new SystemMonitor({ platform: "linux", nvml: [], nvidiaSmi: "/nowhere/nvidia-smi", drm: "/nowhere", ...parts });

/** How many programs are started meanwhile, also such as are not there. */
async function startsDuring(work: () => Promise<void>): Promise<number> {
  let starts = 0;
  const count = (): void => {
    starts += 1;
  };
  channel("child_process").subscribe(count);
  try {
    await work();
  } finally {
    channel("child_process").unsubscribe(count);
  }
  return starts;
}

describe("the monitor without a GPU", () => {
  test("answers with zeros and says None", async () => {
    const monitor = machine();
    const status = await monitor.getSystemStatus();
    expect(status).toMatchObject({ gpu_type: "None", gpu_total_memory_mb: 0, gpu_load_percent: 0, gpus: [] });
    expect(status.memory_available_mb).toBeGreaterThan(0);
    expect(status.memory_available_mb).toBeLessThanOrEqual(status.memory_total_mb);
    await expect(monitor.listProcesses()).resolves.toEqual([]);
    await monitor.cleanup();
  });

  test("starts no program once it knows", async () => {
    const monitor = machine();
    expect(await startsDuring(async () => void (await monitor.getSystemStatus()))).toBe(1);
    const starts = await startsDuring(async () => {
      for (let round = 0; round < 20; round += 1) {
        await monitor.getSystemStatus();
        await monitor.listProcesses();
      }
    });
    expect(starts).toBe(0);
  });

  test("but with a driver that is not loaded asks again after half a minute, not before", async () => {
    await using folder = await temporaryFolder();
    const program = new StandIn(folder, "echo 'No devices were found'; exit 6");
    let nowMs = 0;
    const monitor = machine({ nvidiaSmi: program.path, now: () => nowMs });
    for (nowMs = 0; nowMs < 30_000; nowMs += 5_000) await expect(monitor.getSystemStatus()).resolves.toMatchObject({ gpu_type: "None" });
    expect(program.runs).toBe(1);
    program.does(`printf '%s' '${GPUS}'`);
    await expect(monitor.getSystemStatus()).resolves.toMatchObject({ gpu_type: "NVIDIA" });
  });

  test("tells its log once, at the start, why a driver does not answer", async () => {
    await using folder = await temporaryFolder();
    const program = new StandIn(folder, "echo 'Driver/library version mismatch'; exit 18");
    const warnings: string[] = [];
    const log = { debug: () => {}, info: () => {}, warning: (message: string) => void warnings.push(message), error: () => {} };
    await machine({ nvidiaSmi: program.path }).initialize({ log } as never);
    expect(warnings).toEqual([expect.stringContaining("nvidia-smi: Driver/library version mismatch")]);
  });
});

describe("the monitor with the vendor's program", () => {
  test("a driver that stops answering is an error, not a machine without a GPU", async () => {
    await using folder = await temporaryFolder();
    const program = new StandIn(folder, `printf '%s' '${GPUS}'`);
    const monitor = machine({ nvidiaSmi: program.path });
    await expect(monitor.getSystemStatus()).resolves.toMatchObject({ gpu_type: "NVIDIA" });
    program.does("echo 'GPU is lost' >&2; exit 9");
    await expect(monitor.getSystemStatus()).rejects.toThrow("nvidia-smi answered before and does not answer now: GPU is lost");
    await expect(monitor.listProcesses()).rejects.toThrow("does not answer now");
    program.does("exit 9");
    await expect(monitor.getSystemStatus()).rejects.toThrow("does not answer now: it ended with 9");
    program.does(`printf '%s' '${GPUS}'`);
    await expect(monitor.getSystemStatus()).resolves.toMatchObject({ gpu_type: "NVIDIA" });
  });

  test("sums memory, takes the busiest load, and gives each device", async () => {
    await using folder = await temporaryFolder();
    const program = new StandIn(
      folder,
      `case "$1" in *query-gpu*) printf '%s' '${GPUS}' ;; *) printf 'GPU-bbb, 42, 700, train\\n' ;; esac`,
    );
    const monitor = machine({ nvidiaSmi: program.path });
    await expect(monitor.getSystemStatus()).resolves.toMatchObject({
      gpu_type: "NVIDIA",
      gpu_total_memory_mb: 159131,
      gpu_free_memory_mb: 158000,
      gpu_load_percent: 3,
      gpus: [
        { index: 0, name: "NVIDIA H200", uuid: "GPU-aaa", total_mb: 143771, free_mb: 143000, load_percent: 3 },
        { index: 1, name: "NVIDIA T4", uuid: "GPU-bbb", total_mb: 15360, free_mb: 15000, load_percent: null },
      ],
    });
    await expect(monitor.listProcesses()).resolves.toEqual([{ pid: 42, gpu_index: 1, gpu_memory_mb: 700, command: "train" }]);
    expect(program.runs).toBe(2);
  });

  test("is found on the PATH", async () => {
    await using folder = await temporaryFolder();
    new StandIn(folder, `printf '%s' '${GPUS}'`);
    const before = process.env["PATH"];
    process.env["PATH"] = `${folder.path}:${before}`;
    try {
      const status = await new SystemMonitor({ platform: "linux", nvml: [], drm: "/nowhere" }).getSystemStatus();
      expect(status.gpu_type).toBe("NVIDIA");
    } finally {
      process.env["PATH"] = before;
    }
  });
});

test("the action 'status' names the machine and each device, and 'processes' who uses them", async () => {
  await using folder = await temporaryFolder();
  const program = new StandIn(
    folder,
    `case "$1" in *query-gpu*) printf '%s' '${GPUS}' ;; *) printf 'GPU-aaa, 42, [N/A], train\\n' ;; esac`,
  );
  const monitor = machine({ nvidiaSmi: program.path });
  const call = { signal: new AbortController().signal, throwIfCancelled: () => {} } as never;
  await expect(monitor.execute({ action: "status" }, call)).resolves.toMatchObject({
    gpu: "NVIDIA H200, NVIDIA T4",
    gpus: [
      { index: 0, name: "NVIDIA H200", uuid: "GPU-aaa", totalMb: 143771, freeMb: 143000, loadPercent: 3, unifiedMemory: false },
      { index: 1, loadPercent: null },
    ],
  });
  await expect(monitor.execute({ action: "processes" }, call)).resolves.toEqual({
    processes: [{ pid: 42, gpu_index: 0, gpu_memory_mb: null, command: "train" }],
  });
});
