import type { ResourceProfile } from "@cjm/core";
import type { HeldBack } from "../instances/crash-guard.ts";
import type { WorkerInstance } from "../instances/worker-instance.ts";
import type { EvictableResource, Resident } from "./eviction-plan.ts";
import type { ProcessTrees } from "./process-trees.ts";
import type { ProfileLedger } from "./profile-ledger.ts";
import type { SystemMonitor } from "./system-monitor.ts";

interface ViewParts {
  readonly profiles: ProfileLedger;
  readonly trees: ProcessTrees;
  readonly monitor: SystemMonitor;
}

/** What a worker holds, MiB; null: not measured. */
export interface Residency {
  readonly memoryMb: number | null;
  readonly gpuMb: number | null;
}

/** What the dispatcher asks of an instance on every scan. */
export interface InstanceDescription {
  readonly instanceId: string;
  readonly capabilityName: string;
  readonly enabled: boolean;
  readonly maxConcurrentCalls: number;
  readonly configHash: string;
  readonly requiresGpu: boolean;
  readonly heldBack: HeldBack | null;
}

/** What is known of an instance and its use of the machine, without asking anyone. */
export class ResourceView {
  readonly #parts: ViewParts;

  constructor(parts: ViewParts) {
    this.#parts = parts;
  }

  describe({ spec, heldBack }: WorkerInstance): InstanceDescription {
    const { instanceId, manifest, enabled, maxConcurrentCalls, configHash } = spec;
    const requiresGpu = manifest.code.resources?.requires_gpu ?? false;
    return { instanceId, capabilityName: manifest.code.name, enabled, maxConcurrentCalls, configHash, requiresGpu, heldBack };
  }

  profile({ spec }: WorkerInstance): ResourceProfile | null {
    return this.#parts.profiles.get(spec.instanceId, spec.configHash);
  }

  /** By the last measurements. Null while it has no worker. */
  residency({ live }: WorkerInstance): Residency | null {
    if (live === null) return null;
    const { pid } = live.process;
    return { memoryMb: this.#parts.trees.last(pid)?.memoryMb ?? null, gpuMb: this.#parts.monitor.lastGpuMemoryMb(pid) };
  }

  /** As an eviction weighs it. An instance that was only loaded has no last measurement of its memory. */
  resident(instance: WorkerInstance, resource: EvictableResource, asOf: "now" | "last"): Resident {
    if (asOf === "now" && resource === "memory" && instance.live !== null) this.#parts.trees.read(instance.live.process.pid);
    const residency = this.residency(instance);
    const sizes = this.profile(instance)?.sizes ?? null;
    return {
      instanceId: instance.spec.instanceId,
      idle: instance.gate.idle,
      liveMb: (resource === "gpu" ? residency?.gpuMb : residency?.memoryMb) ?? null,
      profiledMb: (resource === "gpu" ? sizes?.gpuMb : sizes?.memoryMb) ?? null,
    };
  }
}
