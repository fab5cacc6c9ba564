import { AmdDriver } from "./amd-driver.ts";
import { CardInventory } from "./card-inventory.ts";
import type { GpuSource } from "./gpu-source.ts";
import { GraphicsCards } from "./graphics-cards.ts";
import { NvidiaSmi } from "./nvidia-smi.ts";
import { NvmlDriver } from "./nvml/nvml-driver.ts";

/** Where to look; every field has the system's own place as default. */
export interface GpuPlaces {
  readonly platform?: NodeJS.Platform;
  /** Files of NVIDIA's library, in the order to try them. */
  readonly nvml?: readonly string[];
  /** NVIDIA's program, or a name to look for on the PATH. */
  readonly nvidiaSmi?: string;
  /** Folder in which the kernel lists graphics cards. */
  readonly drm?: string;
}

/** The last two are where NixOS and WSL keep what the loader does not find by name. */
const NVML_ON_LINUX = ["libnvidia-ml.so.1", "/run/opengl-driver/lib/libnvidia-ml.so.1", "/usr/lib/wsl/lib/libnvidia-ml.so.1"];

/** Ways to ask for devices on a system, best first. */
export function gpuSources(places: GpuPlaces = {}): readonly GpuSource[] {
  const { platform = process.platform, nvidiaSmi = "nvidia-smi", drm = "/sys/class/drm" } = places;
  const inventory = new CardInventory();
  const program = new NvidiaSmi(nvidiaSmi);
  if (platform === "linux") return [new NvmlDriver({ paths: places.nvml ?? NVML_ON_LINUX }), program, new AmdDriver(drm, inventory)];
  if (platform === "win32") return [new NvmlDriver({ paths: places.nvml ?? ["nvml.dll"] }), program, new GraphicsCards(inventory)];
  return platform === "darwin" ? [new GraphicsCards(inventory)] : [program];
}
