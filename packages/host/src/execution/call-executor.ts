import type { CallEnvelope, CallTarget, Clock, IdSource, JournalWriter, JsonObject, JsonValue } from "@cjm/core";
import type { Account } from "@cjm/protocol";
import type { ProfileStore } from "../host-ports.ts";
import type { LiveWorker, WorkerInstance } from "../instances/worker-instance.ts";
import type { MeasuredUse, UsageSampler } from "../resources/usage-sampler.ts";
import { errorOfTransport } from "../workers/failure-classifier.ts";
import { CallFailure } from "../workers/worker-client.ts";

export interface InstanceCall {
  readonly target: CallTarget;
  readonly envelope: CallEnvelope;
}

export interface InstanceCallOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: { readonly fraction: number; readonly message: string }) => void;
}

interface ExecutorServices {
  readonly journal: JournalWriter;
  readonly profiles: ProfileStore | null;
  readonly sampler: UsageSampler;
  readonly ids: IdSource;
  readonly clock: Clock;
  /** GPU memory of a worker's process tree, MiB; null when it is not measured. */
  readonly gpuMemoryMb: (rootPid: number) => Promise<number | null>;
}

/**
 * One call of one instance: gate, worker, race of result and the worker's death, measurement, accounts. Whatever was
 * taken is given back on every path.
 */
export class CallExecutor {
  readonly #services: ExecutorServices;

  constructor(services: ExecutorServices) {
    this.#services = services;
  }

  async execute(instance: WorkerInstance, call: InstanceCall, options: InstanceCallOptions): Promise<JsonValue> {
    return await this.#inside(instance, call, options, async (live) => {
      const { value, accounts } = await live.client.call(call.target, call.envelope, options.signal);
      this.#recordAccounts(instance, live, call.envelope, accounts);
      return value;
    });
  }

  async *stream(instance: WorkerInstance, call: InstanceCall, options: InstanceCallOptions): AsyncGenerator<JsonValue, void, undefined> {
    const leave = await instance.gate.enter(options.signal);
    const unsubscribe = subscribe(instance, call.envelope, options);
    let live: LiveWorker | null = null;
    try {
      live = await instance.worker(options.signal);
      yield* live.client.stream(call.target, call.envelope, options.signal);
      instance.crashGuard.recordSuccess();
    } catch (error) {
      throw live === null ? error : await this.#explain(error, instance, live, options.signal);
    } finally {
      unsubscribe();
      leave();
    }
  }

  async #inside(
    instance: WorkerInstance,
    call: InstanceCall,
    options: InstanceCallOptions,
    use: (live: LiveWorker) => Promise<JsonValue>,
  ): Promise<JsonValue> {
    const leave = await instance.gate.enter(options.signal);
    const unsubscribe = subscribe(instance, call.envelope, options);
    try {
      const live = await instance.worker(options.signal);
      const finish = this.#services.sampler.start(live.process.pid);
      let success = false;
      try {
        const value = await use(live);
        success = true;
        instance.crashGuard.recordSuccess();
        return value;
      } catch (error) {
        if (error instanceof CallFailure) this.#recordAccounts(instance, live, call.envelope, error.accounts);
        throw await this.#explain(error, instance, live, options.signal);
      } finally {
        await this.#recordUse(instance, live, finish(), success);
      }
    } finally {
      unsubscribe();
      leave();
    }
  }

  /** The first cause: what the worker reported, the caller's own reason, the worker's death, and only then the transport. */
  async #explain(error: unknown, instance: WorkerInstance, live: LiveWorker, signal: AbortSignal): Promise<unknown> {
    if (error instanceof CallFailure) return error.cause;
    if (signal.aborted) return signal.reason;
    if (!isTransportError(error)) return error;
    const { instanceId, manifest } = instance.spec;
    return (await instance.deathOf(live, "during the call")) ?? errorOfTransport(error, { instanceId, capabilityName: manifest.code.name });
  }

  async #recordUse(instance: WorkerInstance, live: LiveWorker, use: MeasuredUse, success: boolean): Promise<void> {
    const { profiles, clock, gpuMemoryMb } = this.#services;
    if (profiles === null) return;
    const { instanceId, manifest } = instance.spec;
    const gpuMemoryPeakMb = await gpuMemoryMb(live.process.pid);
    try {
      profiles.record(
        { instanceId, capabilityName: manifest.code.name, configHash: instance.configHash },
        { ...use, gpuMemoryPeakMb, success, observedAt: clock.now(), usage: {} },
      );
    } catch {
      // A profile is an estimate: losing one sample must not fail the call that was measured.
    }
  }

  #recordAccounts(instance: WorkerInstance, live: LiveWorker, envelope: CallEnvelope, accounts: readonly Account[]): void {
    const { journal, ids, clock } = this.#services;
    for (const account of accounts) {
      journal.emit({
        eventId: ids.eventId(),
        occurredAt: clock.now(),
        eventType: account.event_type,
        jobId: envelope.job_id ?? null,
        runId: envelope.run_id ?? null,
        compositionId: envelope.composition_id ?? null,
        nodeId: envelope.node_id ?? null,
        actor: envelope.actor ?? null,
        capabilityName: instance.spec.manifest.code.name,
        workerSessionId: live.process.sessionId,
        workerReported: true,
        payload: account.payload as JsonObject,
      });
    }
  }
}

function subscribe(instance: WorkerInstance, envelope: CallEnvelope, options: InstanceCallOptions): () => void {
  const { onProgress } = options;
  if (onProgress === undefined || envelope.job_id == null) return () => {};
  return instance.onProgress(envelope.job_id, (frame) => onProgress({ fraction: frame.progress, message: frame.message }));
}

/** Errors of undici and of the socket below it: they say that the connection broke, not why. */
function isTransportError(error: unknown): boolean {
  if (typeof error !== "object" || error === null || !("code" in error) || typeof error.code !== "string") return false;
  return error.code.startsWith("UND_ERR_") || /^E(CONN|PIPE|NOENT|SOCKET|HOST|TIMEDOUT)/.test(error.code) || error.code.startsWith("HPE_");
}
