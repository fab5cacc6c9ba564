import {
  type CallEnvelope,
  type CallTarget,
  CjmError,
  type Clock,
  type JsonValue,
  type ResourceProfile,
  type SystemStatus,
} from "@cjm/core";
import type { LiveWorker } from "../instances/live-worker.ts";
import type { WorkerInstance } from "../instances/worker-instance.ts";
import type { Evictor } from "../resources/evictor.ts";
import type { SchedulingPolicy, SchedulingRequest } from "../resources/scheduling-policy.ts";
import type { MeasuredUse, UsageSampler } from "../resources/usage-sampler.ts";
import { errorOfTransport } from "../workers/failure-classifier.ts";
import { CallFailure, type Usage } from "../workers/worker-client.ts";
import { withDeadline } from "./call-deadline.ts";
import type { CallRecorder } from "./call-recorder.ts";
import { pollProgress } from "./progress-poll.ts";
import { isResourceError, type ResourceRetry } from "./resource-retry.ts";

export interface InstanceCall {
  readonly target: CallTarget;
  readonly envelope: CallEnvelope;
}

export interface InstanceCallOptions {
  /** Gives the call up: it rejects with the signal's reason, whatever the worker still does. */
  readonly signal: AbortSignal;
  /** Longest time until its result, waiting for its turn included. @default no limit */
  readonly timeoutMs?: number;
  readonly onProgress?: (progress: { readonly fraction: number; readonly message: string }) => void;
  /** The call is tried again after it ran out of a resource and room was made. */
  readonly onRetry?: (error: unknown) => void;
  /** Instances that must not be ended to make room, such as those that waiting jobs want. */
  readonly keep?: () => Iterable<string>;
}

interface ExecutorParts {
  readonly sampler: UsageSampler;
  readonly recorder: CallRecorder;
  readonly retry: ResourceRetry;
  readonly evictor: Evictor;
  readonly policy: SchedulingPolicy;
  readonly clock: Clock;
  readonly maxRetries: number;
  readonly profile: (instance: WorkerInstance) => ResourceProfile | null;
  readonly residency: (instance: WorkerInstance) => SchedulingRequest["resident"];
  readonly status: (signal: AbortSignal) => Promise<SystemStatus | null>;
}

/**
 * Calls of instances: gate, worker, race of result, abort and the worker's death, measurement, accounts, and another try
 * after a resource ran out. Whatever was taken is given back on every path.
 */
export class CallExecutor {
  readonly #parts: ExecutorParts;

  constructor(parts: ExecutorParts) {
    this.#parts = parts;
  }

  async execute(instance: WorkerInstance, call: InstanceCall, options: InstanceCallOptions): Promise<JsonValue> {
    const { maxRetries, retry, clock } = this.#parts;
    using deadline = withDeadline(options, instance.spec.instanceId, clock);
    const { signal } = deadline;
    for (let retries = 0; ; retries++) {
      const seen: { live: LiveWorker | null } = { live: null };
      try {
        return await this.#attempt(instance, call, { ...options, signal }, seen);
      } catch (error) {
        if (retries >= maxRetries || signal.aborted || !isResourceError(error)) throw error;
        options.onRetry?.(error);
        await retry.prepare({ instance, live: seen.live, error, keep: options.keep?.() ?? [], signal });
      }
    }
  }

  async *stream(instance: WorkerInstance, call: InstanceCall, options: InstanceCallOptions): AsyncGenerator<JsonValue, void, undefined> {
    using deadline = withDeadline(options, instance.spec.instanceId, this.#parts.clock);
    const { signal } = deadline;
    const leave = await this.#enter(instance, options, signal);
    let live: LiveWorker | null = null;
    let finish: (() => Promise<MeasuredUse>) | null = null;
    let success = false;
    let unsubscribe = (): void => {};
    try {
      live = await instance.worker(signal);
      unsubscribe = this.#followProgress(instance, live, call.envelope, options);
      finish = this.#parts.sampler.start(live.process.pid);
      yield* live.client.stream(call.target, call.envelope, signal);
      success = true;
      instance.crashGuard.reset();
    } catch (error) {
      throw live === null ? error : await this.#explain(error, instance, live, signal);
    } finally {
      unsubscribe();
      if (finish !== null) this.#parts.recorder.recordUse(instance, await finish(), { success, usage: {} });
      leave();
      this.#parts.policy.ended?.(instance.spec.instanceId);
    }
  }

  async #attempt(
    instance: WorkerInstance,
    call: InstanceCall,
    options: InstanceCallOptions,
    seen: { live: LiveWorker | null },
  ): Promise<JsonValue> {
    const { sampler, recorder, policy } = this.#parts;
    const { signal } = options;
    const leave = await this.#enter(instance, options, signal);
    let unsubscribe = (): void => {};
    try {
      const live = await instance.worker(signal);
      seen.live = live;
      unsubscribe = this.#followProgress(instance, live, call.envelope, options);
      const finish = sampler.start(live.process.pid);
      let usage: Usage = {};
      let success = false;
      try {
        const answer = await live.client.call(call.target, call.envelope, signal);
        usage = answer.usage;
        success = true;
        instance.crashGuard.reset();
        recorder.recordAccounts(instance, live, call.envelope, answer.accounts);
        return answer.value;
      } catch (error) {
        if (error instanceof CallFailure) {
          usage = error.usage;
          recorder.recordAccounts(instance, live, call.envelope, error.accounts);
        }
        throw await this.#explain(error, instance, live, signal);
      } finally {
        recorder.recordUse(instance, await finish(), { success, usage });
      }
    } finally {
      unsubscribe();
      leave();
      policy.ended?.(instance.spec.instanceId);
    }
  }

  /** Its turn at the instance, once the policy lets it start. */
  async #enter(instance: WorkerInstance, options: InstanceCallOptions, signal: AbortSignal): Promise<() => void> {
    const { policy, evictor } = this.#parts;
    const request = this.#schedulingRequest(instance, signal);
    let decision = await policy.decide(request);
    if (decision.kind === "refuse") {
      const { resource, shortfallMb, reason } = decision;
      const keep = [instance.spec.instanceId, ...(options.keep?.() ?? [])];
      await evictor.makeRoom({ resource, shortfallMb, keep, reason });
      decision = await policy.decide(request);
    }
    if (decision.kind === "refuse") {
      throw new CjmError("CJM_RESOURCE_EXHAUSTED", `${decision.reason}; no idle worker could make room.`, {
        retriable: false,
        hint: "End what else uses the machine, or submit it through the queue, which waits for room.",
        details: { instanceId: instance.spec.instanceId, resource: decision.resource, shortfallMb: decision.shortfallMb },
      });
    }
    const leave = await instance.gate.enter(signal);
    if (instance.spec.enabled) return leave;
    leave();
    throw instanceDisabled(instance.spec.instanceId);
  }

  #schedulingRequest(instance: WorkerInstance, signal: AbortSignal): SchedulingRequest {
    const { instanceId, manifest } = instance.spec;
    const { profile, residency, status } = this.#parts;
    return {
      instanceId,
      capabilityName: manifest.code.name,
      requiresGpu: manifest.code.resources?.requires_gpu ?? false,
      get sizes() {
        return profile(instance)?.sizes ?? null;
      },
      get resident() {
        return residency(instance);
      },
      status: () => status(signal),
      signal,
    };
  }

  /** The first cause: what the worker reported, the caller's own reason, the worker's death, and only then the transport. */
  async #explain(error: unknown, instance: WorkerInstance, live: LiveWorker, signal: AbortSignal): Promise<unknown> {
    if (error instanceof CallFailure) return error.cause;
    if (signal.aborted) return signal.reason;
    if (!isTransportError(error)) return error;
    const { instanceId, manifest } = instance.spec;
    return (await instance.deathOf(live, "during the call")) ?? errorOfTransport(error, { instanceId, capabilityName: manifest.code.name });
  }

  #followProgress(instance: WorkerInstance, live: LiveWorker, envelope: CallEnvelope, { onProgress }: InstanceCallOptions): () => void {
    if (onProgress === undefined || envelope.job_id == null) return () => {};
    const report = ({ progress, message }: { progress: number; message: string }): void => onProgress({ fraction: progress, message });
    if (instance.spec.manifest.install.worker !== "substrate") return instance.onProgress(envelope.job_id, report);
    return pollProgress(() => live.client.progress(null), report, this.#parts.clock);
  }
}

export function instanceDisabled(instanceId: string): CjmError {
  return new CjmError("CJM_CAPABILITY_DISABLED", `${instanceId} is disabled.`, { hint: "Enable it first.", details: { instanceId } });
}

/** Errors of undici and of the socket below it: they say that the connection broke, not why. */
function isTransportError(error: unknown): boolean {
  if (typeof error !== "object" || error === null || !("code" in error) || typeof error.code !== "string") return false;
  return error.code.startsWith("UND_ERR_") || /^E(CONN|PIPE|NOENT|SOCKET|HOST|TIMEDOUT)/.test(error.code) || error.code.startsWith("HPE_");
}
