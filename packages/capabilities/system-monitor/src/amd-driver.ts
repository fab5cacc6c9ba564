import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CardInventory } from "./card-inventory.ts";
import type { Answer, Gpu, GpuSource } from "./gpu-source.ts";

const AMD_PCI_VENDOR = "0x1002";

/**
 * AMD devices on Linux. Their figures are files of the kernel's driver (amdgpu): a few reads, no program. Only the name comes
 * from systeminformation; the size it gives on Linux is that of the window on the bus, not of the memory.
 */
export class AmdDriver implements GpuSource {
  readonly name = "amdgpu";
  readonly #folder: string;
  readonly #inventory: CardInventory;

  /** @param folder where the kernel lists cards: `/sys/class/drm` */
  constructor(folder: string, inventory: CardInventory) {
    this.#folder = folder;
    this.#inventory = inventory;
  }

  async gpus(): Promise<Answer<readonly Gpu[]>> {
    const names = await readdir(this.#folder).catch(() => []);
    const devices = names.filter((name) => /^card\d+$/.test(name)).sort((a, b) => cardNumber(a) - cardNumber(b));
    const gpus: Gpu[] = [];
    for (const device of devices) {
      const folder = join(this.#folder, device, "device");
      if ((await value(folder, "vendor")) === AMD_PCI_VENDOR) gpus.push(await this.#measure(folder, gpus.length));
    }
    return { kind: "answer", value: gpus };
  }

  async processes(): Promise<{ readonly kind: "absent" }> {
    return { kind: "absent" };
  }

  async close(): Promise<void> {}

  async #measure(folder: string, index: number): Promise<Gpu> {
    const totalMb = megabytes(await value(folder, "mem_info_vram_total"));
    const usedMb = megabytes(await value(folder, "mem_info_vram_used"));
    return {
      vendor: "AMD",
      index,
      name: (await value(folder, "product_name")) ?? (await this.#model(folder)) ?? "AMD GPU",
      uuid: await value(folder, "unique_id"),
      totalMb,
      freeMb: totalMb === null || usedMb === null ? null : totalMb - usedMb,
      usedMb,
      loadPercent: figure(await value(folder, "gpu_busy_percent")),
      unifiedMemory: false,
    };
  }

  async #model(folder: string): Promise<string | null> {
    const slot = /^PCI_SLOT_NAME=(.+)$/m.exec((await value(folder, "uevent")) ?? "")?.[1];
    const cards = await this.#inventory.cards();
    return cards.find(({ busAddress = "", model }) => busAddress !== "" && model !== "" && slot?.endsWith(busAddress))?.model ?? null;
  }
}

function cardNumber(name: string): number {
  return Number(name.slice("card".length));
}

/** Null for a file that is not there, is empty, or cannot be read now, as while the device sleeps. */
async function value(folder: string, name: string): Promise<string | null> {
  const text = await readFile(join(folder, name), "utf8").catch(() => "");
  return text.trim() || null;
}

function figure(text: string | null): number | null {
  const number = text === null ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : null;
}

function megabytes(bytes: string | null): number | null {
  const number = figure(bytes);
  return number === null ? null : number / 1024 / 1024;
}
