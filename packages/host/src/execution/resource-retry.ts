import { type CjmError, isCjmError, type ResourceProfile } from "@cjm/core";
import type { LiveWorker } from "../instances/live-worker.ts";
import type { WorkerInstance } from "../instances/worker-instance.ts";
import { type EvictableResource, shortfallOf } from "../resources/eviction-plan.ts";
import type { Evictor } from "../resources/evictor.ts";

interface RetryParts {
  readonly evictor: Evictor;
  readonly profile: (instance: WorkerInstance) => ResourceProfile | null;
}

export interface ResourceFailure {
  readonly instance: WorkerInstance;
  /** The worker that ran out; null: it could not even be started. */
  readonly live: LiveWorker | null;
  readonly error: CjmError;
  /** Instances that waiting jobs want. */
  readonly keep: Iterable<string>;
  readonly signal: AbortSignal;
}

/** Whether another try may help: a resource ran out, and what frees memory was not tried yet. */
export function isResourceError(error: unknown): error is CjmError {
  return isCjmError(error) && error.category === "resource" && error.retriable;
}

/** After a call ran out of a resource: ends idle workers to make room, and gives the call a worker that starts from nothing. */
export class ResourceRetry {
  readonly #parts: RetryParts;

  constructor(parts: RetryParts) {
    this.#parts = parts;
  }

  async prepare({ instance, live, error, keep, signal }: ResourceFailure): Promise<void> {
    const { instanceId } = instance.spec;
    for (const { resource, shortfallMb } of this.#shortfalls(instance, error)) {
      await this.#parts.evictor.makeRoom({
        resource,
        shortfallMb,
        keep: [instanceId, ...keep],
        reason: `${instanceId} ran out: ${error.message}`,
      });
    }
    // One that died, or that a call beside this one has replaced already, need not be waited for.
    const isStillThere = (): boolean => live !== null && instance.live === live;
    if (!isStillThere()) return;
    // Calls beside it on the same worker end first.
    const leave = await instance.gate.enterAlone(signal);
    try {
      if (isStillThere()) await instance.stop({ to: "cold", phase: "restart", reason: "a call on it ran out of a resource" });
    } finally {
      leave();
    }
  }

  /** What is short, by what the capability reported; of a worker that was just killed nobody knows which it was. */
  #shortfalls(instance: WorkerInstance, error: CjmError): readonly { resource: EvictableResource; shortfallMb: number | null }[] {
    const reported = error.jobError?.resource_shortfall ?? null;
    const sizes = this.#parts.profile(instance)?.sizes ?? null;
    const shortfall = (resource: EvictableResource) => ({
      resource,
      shortfallMb: shortfallOf({
        peakMb: (resource === "gpu" ? sizes?.gpuMb : sizes?.memoryMb) ?? null,
        needed: reported?.needed ?? null,
        available: reported?.available ?? null,
      }),
    });
    switch (reported?.resource) {
      case "gpu_vram_mb":
        return [shortfall("gpu")];
      case "system_ram_mb":
        return [shortfall("memory")];
      case "disk_mb":
        return [];
      default:
        return isCjmError(error, "CJM_WORKER_OUT_OF_MEMORY") ? [shortfall("memory")] : [shortfall("gpu")];
    }
  }
}
