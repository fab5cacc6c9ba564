import { CjmError, type ResourceProfile, type SystemStatus } from "@cjm/core";
import type { Leave } from "../instances/call-gate.ts";
import type { WorkerInstance } from "../instances/worker-instance.ts";
import { abortable } from "../internal/abortable.ts";
import type { Evictor } from "../resources/evictor.ts";
import type { Residency } from "../resources/resource-view.ts";
import {
  permissivePolicy,
  type SchedulingDecision,
  type SchedulingPolicy,
  type SchedulingRequest,
} from "../resources/scheduling-policy.ts";

interface AdmissionParts {
  readonly policy: SchedulingPolicy;
  readonly evictor: Evictor;
  readonly profile: (instance: WorkerInstance) => ResourceProfile | null;
  readonly residency: (instance: WorkerInstance) => Residency | null;
  readonly status: (signal: AbortSignal) => Promise<SystemStatus | null>;
}

export interface AdmissionRequest {
  readonly signal: AbortSignal;
  /** Instances that must not be ended to make room. */
  readonly keep: () => Iterable<string>;
}

/** The way of a call to its turn at an instance. */
export class CallAdmission {
  readonly #parts: AdmissionParts;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /**
   * Waits for a turn, and then until the policy lets the call start. The returned function gives the turn back.
   * @throws CjmError CJM_CAPABILITY_DISABLED, CJM_RESOURCE_EXHAUSTED; the signal's reason
   */
  async enter(instance: WorkerInstance, request: AdmissionRequest): Promise<Leave> {
    const leave = await instance.gate.enter(request.signal);
    try {
      if (!instance.spec.enabled) throw instanceDisabled(instance.spec.instanceId);
      // A queue has decided before: its calls pay nothing here.
      if (this.#parts.policy === permissivePolicy) return leave;
      await this.#admit(instance, request);
    } catch (error) {
      leave();
      throw error;
    }
    return () => {
      leave();
      this.#parts.policy.ended?.(instance.spec.instanceId);
    };
  }

  async #admit(instance: WorkerInstance, { signal, keep }: AdmissionRequest): Promise<void> {
    const { instanceId } = instance.spec;
    const first = await this.#ask(instance, signal, false);
    if (first.kind === "start") return;
    const { resource, shortfallMb, reason } = first;
    await this.#parts.evictor.makeRoom({ resource, shortfallMb, keep: [instanceId, ...keep()], reason });
    const second = await this.#ask(instance, signal, true);
    if (second.kind === "start") return;
    throw new CjmError("CJM_RESOURCE_EXHAUSTED", `${second.reason}; no idle worker could make room.`, {
      retriable: false,
      hint: "End what else uses the machine, or submit it through the queue, which waits for room.",
      details: { instanceId, resource: second.resource, shortfallMb: second.shortfallMb },
    });
  }

  async #ask(instance: WorkerInstance, signal: AbortSignal, isLastAsk: boolean): Promise<SchedulingDecision> {
    const { policy, profile, residency, status } = this.#parts;
    const { instanceId, manifest } = instance.spec;
    const request: SchedulingRequest = {
      instanceId,
      capabilityName: manifest.code.name,
      requiresGpu: manifest.code.resources?.requires_gpu ?? false,
      sizes: profile(instance)?.sizes ?? null,
      // What its worker holds changes while it waits.
      get resident() {
        return residency(instance);
      },
      status: () => status(signal),
      isLastAsk,
      signal,
    };
    return await abortable(Promise.resolve(policy.decide(request)), signal);
  }
}

export function instanceDisabled(instanceId: string): CjmError {
  return new CjmError("CJM_CAPABILITY_DISABLED", `${instanceId} is disabled.`, { hint: "Enable it first.", details: { instanceId } });
}
