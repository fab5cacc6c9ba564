import type { MachineStatus } from "@cjm/capability";
import type { Gpu } from "./gpu-source.ts";

type GpuFigures = Required<
  Pick<MachineStatus, "gpu_type" | "gpu_total_memory_mb" | "gpu_free_memory_mb" | "gpu_used_memory_mb" | "gpu_load_percent" | "gpus">
>;

/** All devices as a host reads them: sums, the load of the busiest, and each by itself. A sum with a part unknown is unknown. */
export function gpuFigures(gpus: readonly Gpu[]): GpuFigures {
  return {
    gpu_type: gpus[0]?.vendor ?? "None",
    gpu_total_memory_mb: sum(gpus.map(({ totalMb }) => totalMb)),
    gpu_free_memory_mb: sum(gpus.map(({ freeMb }) => freeMb)),
    gpu_used_memory_mb: sum(gpus.map(({ usedMb }) => usedMb)),
    gpu_load_percent: busiest(gpus),
    gpus: gpus.map(({ index, name, uuid, totalMb, freeMb, loadPercent, unifiedMemory }) => ({
      index,
      name,
      uuid,
      total_mb: totalMb,
      free_mb: freeMb,
      load_percent: loadPercent,
      unified_memory: unifiedMemory,
    })),
  };
}

function sum(figures: readonly (number | null)[]): number | null {
  return figures.reduce<number | null>((total, figure) => (total === null || figure === null ? null : total + figure), 0);
}

/** Zero without devices; null when none of them tells. */
function busiest(gpus: readonly Gpu[]): number | null {
  if (gpus.length === 0) return 0;
  const loads = gpus.map(({ loadPercent }) => loadPercent).filter((load) => load !== null);
  return loads.length === 0 ? null : Math.max(...loads);
}
