import { type CallEnvelope, type CallTarget, type Clock, isCjmError, type JsonValue } from "@cjm/core";
import type { LiveWorker } from "../instances/live-worker.ts";
import type { WorkerInstance } from "../instances/worker-instance.ts";
import { tell } from "../internal/tell.ts";
import type { MeasuredUse, UsageReading, UsageSampler } from "../resources/usage-sampler.ts";
import type { Usage } from "../workers/worker-client.ts";
import type { CallAdmission } from "./call-admission.ts";
import { withDeadline } from "./call-deadline.ts";
import type { CallRecorder } from "./call-recorder.ts";
import { followProgress, type ProgressCallback } from "./follow-progress.ts";
import { isResourceError, type ResourceRetry } from "./resource-retry.ts";

export interface InstanceCall {
  readonly target: CallTarget;
  readonly envelope: CallEnvelope;
}

export interface InstanceCallOptions {
  /** Gives the call up: it rejects with the signal's reason, and the capability is asked to stop it if it has a job id. */
  readonly signal: AbortSignal;
  /** Longest time until its result, waiting for its turn included. @default no limit */
  readonly timeoutMs?: number;
  /** Pushed where the call belongs to a job; otherwise asked for once a second. */
  readonly onProgress?: ProgressCallback;
  /** The call is tried again after it ran out of a resource and room was made. */
  readonly onRetry?: (error: unknown) => void;
  /** Hears once a second what the worker uses. */
  readonly onUsage?: (reading: UsageReading) => void;
  /** Instances that must not be ended to make room, such as those that waiting jobs want. */
  readonly keep?: () => Iterable<string>;
}

interface ExecutorParts {
  readonly admission: CallAdmission;
  readonly sampler: UsageSampler;
  readonly recorder: CallRecorder;
  readonly retry: ResourceRetry;
  readonly clock: Clock;
  readonly maxRetries: number;
}

/** A call that has its turn and its worker. */
interface RunningCall {
  readonly live: LiveWorker;
  /** Its capability was asked to stop it. */
  readonly wasCancelled: () => boolean;
  /** Gives back everything that was taken for it. */
  readonly end: () => void;
}

type Attempt =
  | { readonly kind: "value"; readonly value: JsonValue }
  /** `live`: the worker it ran on; null when it came to none. */
  | { readonly kind: "failed"; readonly error: unknown; readonly live: LiveWorker | null };

/**
 * Calls of instances: turn, worker, race of result, abort and the worker's death, measurement, accounts, and another try
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
      const attempt = await this.#attempt(instance, call, { ...options, signal });
      if (attempt.kind === "value") return attempt.value;
      const { error, live } = attempt;
      if (retries >= maxRetries || signal.aborted || !isResourceError(error)) throw error;
      tell(options.onRetry, error);
      await retry.prepare({ instance, live, error, keep: options.keep?.() ?? [], signal });
    }
  }

  async *stream(instance: WorkerInstance, call: InstanceCall, options: InstanceCallOptions): AsyncGenerator<JsonValue, void, undefined> {
    using deadline = withDeadline(options, instance.spec.instanceId, this.#parts.clock);
    const { signal } = deadline;
    const running = await this.#begin(instance, call, { ...options, signal });
    const { live } = running;
    const measure = this.#parts.sampler.start(live.process.pid, options.onUsage);
    // Of a stream that its reader left nobody knows what it would have taken.
    let outcome: { readonly success: boolean } | null = null;
    try {
      yield* live.client.stream(call.target, call.envelope, signal);
      outcome = { success: true };
      instance.crashGuard.reset();
    } catch (error) {
      outcome = { success: false };
      throw await explain(error, running, signal);
    } finally {
      await this.#finish(instance, running, measure, outcome === null ? null : { ...outcome, usage: {} });
    }
  }

  async #attempt(instance: WorkerInstance, call: InstanceCall, options: InstanceCallOptions): Promise<Attempt> {
    let running: RunningCall;
    try {
      running = await this.#begin(instance, call, options);
    } catch (error) {
      return { kind: "failed", error, live: null };
    }
    const { live } = running;
    const answering = live.client.call(call.target, call.envelope, options.signal);
    // Only now that the call is on its way, since it costs as much as sending it.
    const measure = this.#parts.sampler.start(live.process.pid, options.onUsage);
    let outcome: { readonly success: boolean; readonly usage: Usage } = { success: false, usage: {} };
    try {
      const answer = await answering;
      // Whatever it answers, it lives.
      instance.crashGuard.reset();
      outcome = { success: answer.outcome.kind === "value", usage: answer.usage };
      this.#parts.recorder.recordAccounts(instance, live, call.envelope, answer.accounts);
      if (answer.outcome.kind === "value") return answer.outcome;
      return { kind: "failed", error: await explain(answer.outcome.error, running, options.signal), live };
    } catch (error) {
      return { kind: "failed", error: await explain(error, running, options.signal), live };
    } finally {
      await this.#finish(instance, running, measure, outcome);
    }
  }

  async #begin(instance: WorkerInstance, { envelope }: InstanceCall, options: InstanceCallOptions): Promise<RunningCall> {
    const { admission, clock } = this.#parts;
    const { signal, keep = () => [], onProgress } = options;
    const leave = await admission.enter(instance, { signal, keep });
    const jobId = envelope.job_id ?? "";
    try {
      const live = await instance.worker(signal);
      const unfollow = followProgress({ instance, live, envelope, clock }, onProgress);
      const uncancel = cancelOnAbort(live, envelope, signal);
      const end = (): void => {
        unfollow();
        uncancel();
        instance.cancelRequests.delete(jobId);
        leave();
      };
      return { live, wasCancelled: () => instance.cancelRequests.has(jobId), end };
    } catch (error) {
      leave();
      throw error;
    }
  }

  async #finish(
    instance: WorkerInstance,
    { end }: RunningCall,
    measure: () => Promise<MeasuredUse>,
    outcome: { readonly success: boolean; readonly usage: Usage } | null,
  ): Promise<void> {
    try {
      const use = await measure();
      if (outcome !== null) this.#parts.recorder.recordUse(instance, use, outcome);
    } finally {
      end();
    }
  }
}

const WHEN = "during the call";

/** The first cause: the caller's own reason, the worker's death, and only then the transport. */
async function explain(error: unknown, { live, wasCancelled }: RunningCall, signal: AbortSignal): Promise<unknown> {
  if (isCjmError(error)) {
    // A worker that is ended from outside cancels its calls on the way; nobody else did.
    const isOfItself = error.code === "CJM_CANCELLED" && !wasCancelled() && !signal.aborted;
    return isOfItself ? ((await live.process.newsOfDeath(WHEN)) ?? error) : error;
  }
  return signal.aborted ? signal.reason : await live.process.explain(error, WHEN);
}

/** A call that nobody waits for any more should not go on beside the next one. Whether it stops is the capability's affair. */
function cancelOnAbort(live: LiveWorker, { job_id: jobId }: CallEnvelope, signal: AbortSignal): () => void {
  if (jobId == null) return () => {};
  const cancel = (): void => void live.client.cancel(jobId).catch(() => {});
  signal.addEventListener("abort", cancel, { once: true });
  return () => signal.removeEventListener("abort", cancel);
}
