import type { ResourceProfile } from "@cjm/core";
import type { ProfileStore } from "../host-ports.ts";
import type { HeldBack } from "../instances/crash-guard.ts";
import type { WorkerInstance } from "../instances/worker-instance.ts";
import type { EvictableResource, Resident } from "./eviction-plan.ts";
import type { SystemMonitor } from "./system-monitor.ts";
import type { UsageSampler } from "./usage-sampler.ts";

interface ViewParts {
  readonly profiles: ProfileStore | null;
  readonly sampler: UsageSampler;
  readonly monitor: SystemMonitor;
}

/** What is known of an instance's use of the machine, from the last measurements and without asking anyone. */
export class ResourceView {
  readonly #parts: ViewParts;

  constructor(parts: ViewParts) {
    this.#parts = parts;
  }

  describe(instance: WorkerInstance) {
    const { instanceId, manifest, enabled, maxConcurrentCalls, configHash } = instance.spec;
    const heldBack: HeldBack | null = instance.heldBack;
    const requiresGpu = manifest.code.resources?.requires_gpu ?? false;
    return { instanceId, capabilityName: manifest.code.name, enabled, maxConcurrentCalls, configHash, requiresGpu, heldBack };
  }

  profile({ spec }: WorkerInstance): ResourceProfile | null {
    return this.#parts.profiles?.get(spec.instanceId, spec.configHash) ?? null;
  }

  /** Null while it has no worker. */
  residency({ live }: WorkerInstance): { readonly memoryMb: number | null; readonly gpuMb: number | null } | null {
    if (live === null) return null;
    const { pid } = live.process;
    return { memoryMb: this.#parts.sampler.lastMemoryMb(pid), gpuMb: this.#parts.monitor.lastGpuMemoryMb(pid) };
  }

  resident(instance: WorkerInstance, resource: EvictableResource): Resident {
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
