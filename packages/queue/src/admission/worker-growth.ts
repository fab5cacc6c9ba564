import type { SystemStatus } from "@cjm/core";
import type { InstanceResidency } from "../capability-runtime.ts";
import type { Demand } from "./admission-input.ts";

interface Grown extends Demand {
  /** Device that it was planned on; null: nobody knows. */
  readonly gpuDevice: number | null;
}

type ResidencyOf = (instanceId: string) => InstanceResidency | null;

/**
 * What workers took since the machine was measured last. Jobs end and leave their worker with what it loaded: no reservation tells
 * of that any more, and the measurement does not yet.
 */
export class WorkerGrowth {
  readonly #deviceOf = new Map<string, number | null>();
  #measured = new Map<string, Demand>();

  /** A job starts on this instance. */
  note(instanceId: string, gpuDevice: number | null): void {
    this.#deviceOf.set(instanceId, gpuDevice ?? this.#deviceOf.get(instanceId) ?? null);
  }

  /** The machine is measured now. @returns to be called when the measurement is in */
  measuring(residencyOf: ResidencyOf): () => void {
    const measured = new Map([...this.#deviceOf.keys()].map((instanceId) => [instanceId, demandOf(residencyOf(instanceId))]));
    return () => {
      this.#measured = measured;
    };
  }

  since(residencyOf: ResidencyOf): readonly Grown[] {
    return [...this.#deviceOf].map(([instanceId, gpuDevice]) => {
      const now = demandOf(residencyOf(instanceId));
      const before = this.#measured.get(instanceId) ?? { memoryMb: 0, gpuMb: 0 };
      return { memoryMb: Math.max(0, now.memoryMb - before.memoryMb), gpuMb: Math.max(0, now.gpuMb - before.gpuMb), gpuDevice };
    });
  }
}

/** A measurement of the machine, less what workers took since. */
export function lessGrowth(status: SystemStatus, growth: readonly Grown[]): SystemStatus {
  const total = (of: readonly Grown[], resource: keyof Demand): number => of.reduce((sum, grown) => sum + grown[resource], 0);
  const less = <Mb extends number | null | undefined>(freeMb: Mb, takenMb: number): number | Mb =>
    typeof freeMb === "number" ? Math.max(0, freeMb - takenMb) : freeMb;
  const gpus = status.gpus?.map((gpu) => {
    const there = growth.filter(({ gpuDevice }) => gpuDevice === null || gpuDevice === gpu.index);
    return { ...gpu, freeMb: less(gpu.freeMb, total(there, "gpuMb")) };
  });
  return {
    ...status,
    memoryAvailableMb: less(status.memoryAvailableMb, total(growth, "memoryMb")),
    gpuFreeMb: less(status.gpuFreeMb, total(growth, "gpuMb")),
    ...(gpus === undefined ? {} : { gpus }),
  };
}

function demandOf(residency: InstanceResidency | null): Demand {
  return { memoryMb: residency?.memoryMb ?? 0, gpuMb: residency?.gpuMb ?? 0 };
}
