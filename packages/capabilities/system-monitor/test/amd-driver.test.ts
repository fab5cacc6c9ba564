import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { AmdDriver } from "../src/amd-driver.ts";
import { type Card, CardInventory } from "../src/card-inventory.ts";
import { SystemMonitor } from "../src/index.ts";

const GIB = 1024 ** 3;

/** A card as the kernel shows it. */
function addCard(drm: string, name: string, files: Readonly<Record<string, string | number>>): void {
  const folder = join(drm, name, "device");
  mkdirSync(folder, { recursive: true });
  for (const [file, content] of Object.entries(files)) writeFileSync(join(folder, file), `${content}\n`);
}

const inventory = (cards: readonly Card[] = []): CardInventory => new CardInventory(async () => ({ controllers: cards }));

describe("AMD devices of the kernel", () => {
  test("with what its files say, in the order of their numbers, without other makers' and without outputs", async () => {
    await using drm = await temporaryFolder();
    addCard(drm.path, "card10", { vendor: "0x1002", uevent: "DRIVER=amdgpu\nPCI_SLOT_NAME=0000:43:00.0" });
    addCard(drm.path, "card2", {
      vendor: "0x1002",
      mem_info_vram_total: 16 * GIB,
      mem_info_vram_used: GIB / 2,
      gpu_busy_percent: 73,
      unique_id: "c0ffee",
      product_name: "Instinct MI50",
    });
    addCard(drm.path, "card0", { vendor: "0x1a03", mem_info_vram_total: GIB });
    addCard(drm.path, "card2-HDMI-A-1", { vendor: "0x1002" });
    const model = { vendor: "Advanced Micro Devices, Inc. [AMD/ATI]", model: "Navi 31", vram: 256, vramDynamic: false };
    const driver = new AmdDriver(
      drm.path,
      inventory([
        { ...model, busAddress: "" },
        { ...model, busAddress: "43:00.0" },
      ]),
    );
    await expect(driver.gpus()).resolves.toEqual({
      kind: "answer",
      value: [
        {
          vendor: "AMD",
          index: 0,
          name: "Instinct MI50",
          uuid: "c0ffee",
          totalMb: 16384,
          freeMb: 15872,
          usedMb: 512,
          loadPercent: 73,
          unifiedMemory: false,
        },
        {
          vendor: "AMD",
          index: 1,
          name: "Navi 31",
          uuid: null,
          totalMb: null,
          freeMb: null,
          usedMb: null,
          loadPercent: null,
          unifiedMemory: false,
        },
      ],
    });
  });

  test("a machine without the folder has none, and nothing is started to find that out", async () => {
    const never = new CardInventory(() => Promise.reject(new Error("asked")));
    await expect(new AmdDriver("/nowhere", never).gpus()).resolves.toEqual({ kind: "answer", value: [] });
  });

  test("the monitor passes on what is known, and says that processes are not", async () => {
    await using drm = await temporaryFolder();
    addCard(drm.path, "card0", { vendor: "0x1002", mem_info_vram_total: GIB, product_name: "Radeon" });
    const monitor = new SystemMonitor({ platform: "linux", nvml: [], nvidiaSmi: "/nowhere/nvidia-smi", drm: drm.path });
    await expect(monitor.getSystemStatus()).resolves.toMatchObject({
      gpu_type: "AMD",
      gpu_total_memory_mb: 1024,
      gpu_free_memory_mb: null,
      gpu_used_memory_mb: null,
      gpu_load_percent: null,
      gpus: [{ index: 0, name: "Radeon", uuid: null, total_mb: 1024, free_mb: null, load_percent: null }],
    });
    await expect(monitor.listProcesses()).rejects.toThrow("does not tell which processes");
  });
});
