import { CjmError, type ResourceSizes } from "@cjm/core";
import type { Demand, PendingHead } from "../admission/admission-input.ts";
import type { CapabilityRuntime, InstanceResidency } from "../capability-runtime.ts";
import type { HookChain } from "../hooks.ts";
import type { Job } from "../job/job.ts";
import { viewOf } from "../job/job-view.ts";
import type { PendingJobs } from "../pending-jobs.ts";

interface FactsParts {
  readonly runtime: CapabilityRuntime;
  readonly pending: PendingJobs;
  readonly hooks: HookChain;
  readonly whenStopped: "hold" | "fail";
  readonly report: (error: unknown) => void;
}

interface InstanceFacts {
  readonly cap: number;
  readonly demand: Demand | null;
  readonly gpuUnmeasured: boolean;
  readonly heldBack: PendingHead["hold"];
}

/** What one pass of the dispatcher knows of the next job of each instance; each instance is asked once for a pass. */
export class HeadFacts {
  readonly #parts: FactsParts;
  readonly #fail: ((job: Job, error: unknown) => void) | null;
  readonly #instances = new Map<string, InstanceFacts>();
  readonly #residents = new Map<string, InstanceResidency | null>();
  #jobs = new Map<string, Job>();

  /** @param fail ends a job whose instance is gone or disabled, or whose extension threw; null: it is left to whoever ends jobs */
  constructor(parts: FactsParts, fail: ((job: Job, error: unknown) => void) | null) {
    this.#parts = parts;
    this.#fail = fail;
  }

  /** The heads of now. Those that cannot run at all are failed on the way, and the next of their instance takes their place. */
  heads(): PendingHead[] {
    for (;;) {
      const jobs = this.#parts.pending.heads();
      const heads: PendingHead[] = [];
      this.#jobs = new Map();
      for (const job of jobs) {
        try {
          const head = this.headOf(job);
          // The extension that was asked may have cancelled it.
          if (!job.isWaiting) continue;
          heads.push(head);
          this.#jobs.set(job.jobId, job);
        } catch (error) {
          this.#fail?.(job, error);
        }
      }
      if (heads.length === jobs.length || this.#fail === null) return heads;
    }
  }

  /** The job of a head that `heads()` gave last. */
  job(head: PendingHead): Job {
    const job = this.#jobs.get(head.jobId);
    if (job === undefined) throw new CjmError("CJM_INTERNAL", `Job ${head.jobId} is no head of its instance.`);
    return job;
  }

  resident(instanceId: string): InstanceResidency | null {
    let resident = this.#residents.get(instanceId);
    if (resident === undefined) {
      resident = this.#attempt(() => this.#parts.runtime.residency?.(instanceId) ?? null);
      this.#residents.set(instanceId, resident);
    }
    return resident;
  }

  /** The job as if it were the next of its instance. @throws CjmError when its instance is gone, disabled or stopped */
  headOf(job: Job): PendingHead {
    const { instanceId } = job.spec;
    const { cap, demand, gpuUnmeasured, heldBack } = this.#instanceFacts(instanceId);
    return {
      jobId: job.jobId,
      instanceId,
      priority: job.priority,
      sequence: job.sequence,
      cap,
      demand,
      resident: this.resident(instanceId),
      gpuUnmeasured,
      hold: heldBack ?? this.#hookHold(job),
      blockedSinceMs: job.blockedSinceMs,
    };
  }

  #instanceFacts(instanceId: string): InstanceFacts {
    const known = this.#instances.get(instanceId);
    if (known !== undefined) return known;
    const instance = this.#parts.runtime.describe(instanceId);
    if (instance === null) throw this.#parts.runtime.notLoaded(instanceId);
    if (!instance.enabled) throw instanceDisabled(instanceId);
    const { heldBack = null } = instance;
    if (heldBack?.untilMs === null && this.#parts.whenStopped === "fail") throw instanceStopped(instanceId, heldBack.reason);
    const sizes = this.#sizesOf(instanceId);
    const facts = {
      cap: Math.max(1, instance.maxConcurrentCalls),
      // Memory is measured on every run; of a GPU that nobody measured and that it does not ask for, it uses none.
      demand: sizes === null ? null : { memoryMb: sizes.memoryMb ?? 0, gpuMb: sizes.gpuMb ?? 0 },
      gpuUnmeasured: sizes !== null && sizes.gpuMb === null && instance.requiresGpu === true,
      heldBack,
    };
    this.#instances.set(instanceId, facts);
    return facts;
  }

  /** Only runs that succeeded tell what a run takes. A profile that cannot be read is none: the job measures again. */
  #sizesOf(instanceId: string): ResourceSizes | null {
    const profile = this.#attempt(() => this.#parts.runtime.profile(instanceId));
    return profile === null || profile.successCount === 0 ? null : profile.sizes;
  }

  #hookHold(job: Job): PendingHead["hold"] {
    const reason = this.#parts.hooks.holdReason(() => viewOf(job));
    return reason === null ? null : { reason, untilMs: null };
  }

  #attempt<T>(read: () => T | null): T | null {
    try {
      return read();
    } catch (error) {
      this.#parts.report(error);
      return null;
    }
  }
}

function instanceStopped(instanceId: string, reason: string): CjmError {
  return new CjmError("CJM_WORKER_CRASH_LOOP", `${reason}.`, {
    hint: "See 'cjm-ctl logs --chunks' for what its worker printed; mend it, then try again.",
    details: { instanceId },
  });
}

export function instanceDisabled(instanceId: string): CjmError {
  return new CjmError("CJM_CAPABILITY_DISABLED", `The instance ${instanceId} is disabled.`, {
    hint: "Enable it, then submit again.",
    details: { instanceId },
  });
}
