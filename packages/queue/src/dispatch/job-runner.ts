import { CjmError, type Clock, classifyBareError, type JobLease, type JobStore, type JsonValue } from "@cjm/core";
import type { CallProgress, CapabilityRuntime, UsageReading } from "../capability-runtime.ts";
import type { EventPublisher } from "../events/event-publisher.ts";
import type { Interruption, Job, JobEnd } from "../job/job.ts";
import { type JobLifecycle, jobCancelled, queueStopped, subjectOf } from "../job/job-lifecycle.ts";
import type { JobStream } from "../job/job-stream.ts";
import type { PendingJobs } from "../pending-jobs.ts";
import { endCall } from "./cancellation.ts";
import { InstanceRestarts } from "./instance-restarts.ts";
import { retryPauseMs } from "./retry-pause.ts";

interface RunnerParts {
  readonly runtime: CapabilityRuntime;
  readonly store: JobStore;
  readonly lifecycle: JobLifecycle;
  readonly pending: PendingJobs;
  readonly publisher: EventPublisher;
  readonly clock: Clock;
  /** How long a call may take to stop after it was asked to. */
  readonly cancelGraceMs: number;
  readonly random: () => number;
  readonly report: (error: unknown) => void;
}

/** What the dispatcher decided; journaled before the job runs. */
export interface AdmissionDecision {
  readonly exclusive: boolean;
  readonly gpuReservedMb: number;
  /** With this job. */
  readonly lanesInUse: number;
  readonly statsAvailable: boolean;
}

type FirstCause = { readonly kind: "value"; readonly value: JsonValue } | { readonly kind: "error"; readonly error: unknown } | StopCause;
type StopCause = { readonly kind: Interruption | "deadline" };

/** One job from the decision to its end: claim, call, race of result, cancel and deadline. The first cause wins. */
export class JobRunner {
  readonly #parts: RunnerParts;
  readonly #restarts: InstanceRestarts;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#restarts = new InstanceRestarts(parts.runtime);
  }

  async run(job: Job, decision: AdmissionDecision): Promise<void> {
    const { lifecycle, store, publisher } = this.#parts;
    let endRenewal = (): void => {};
    try {
      const claimed = store.claim([job.jobId]);
      publisher.emit("admission_decided", subjectOf(job), {
        exclusive: decision.exclusive,
        gpu_reserved_mb: decision.gpuReservedMb,
        lanes_in_use: decision.lanesInUse,
        stats_available: decision.statsAvailable,
      });
      lifecycle.begin(job);
      // No call leaves before its rows are on disk, so that none is ever made that nothing tells of.
      const [[lease]] = await Promise.all([claimed, Promise.race([publisher.written(), job.interrupted])]);
      if (lease === undefined) throw new CjmError("CJM_QUEUE_STOPPED", `Job ${job.jobId} was taken by another host.`);
      job.lease = lease;
      if (job.interruption !== null) {
        // Between the choice and the call: none is made.
        await this.#finish(job, { status: "cancelled", failure: stopReason(job.interruption, job) });
        return;
      }
      endRenewal = this.#keepRenewing(lease);
      await this.#finish(job, await this.#attempts(job));
    } catch (error) {
      await this.#finish(job, { status: "failed", failure: error });
    } finally {
      endRenewal();
    }
  }

  /** Extensions around it have the last word. */
  async #finish(job: Job, end: JobEnd): Promise<void> {
    if (job.onAttempted === null) await this.#parts.lifecycle.end(job, end);
    else job.onAttempted(end);
  }

  async #attempts(job: Job): Promise<JobEnd> {
    for (let attempts = 1; ; attempts++) {
      const end = await this.#call(job);
      if (end.status !== "failed") return end;
      const pauseMs = retryPauseMs(end.failure, attempts, job.spec.retry, this.#parts.random());
      if (pauseMs === null) return end;
      this.#countRetry(job, end.failure);
      const interruption = await this.#pause(job, pauseMs);
      if (interruption !== null) return { status: "cancelled", failure: stopReason(interruption, job) };
    }
  }

  async #call(job: Job): Promise<JobEnd> {
    const { runtime, pending, clock, cancelGraceMs } = this.#parts;
    const { spec } = job;
    const abort = new AbortController();
    const request = { instanceId: spec.instanceId, target: spec.target, envelope: envelopeOf(job) };
    const options = {
      signal: abort.signal,
      onProgress: (progress: CallProgress) => this.#onProgress(job, progress),
      onUsage: (reading: UsageReading) => this.#onUsage(job, reading),
      onRetry: (error: unknown) => this.#countRetry(job, error),
      keep: () => pending.instanceIds(),
    };
    const { output } = job;
    const call = async (): Promise<JsonValue> =>
      output === null ? await runtime.execute(request, options) : await passOn(runtime.stream(request, options), output, abort.signal);
    const settled: Promise<FirstCause> = call().then(
      (value) => ({ kind: "value", value: value ?? null }),
      (error: unknown) => ({ kind: "error", error }),
    );
    const deadline = Promise.withResolvers<FirstCause>();
    const cancelDeadline =
      spec.timeoutMs === null ? () => {} : clock.schedule(spec.timeoutMs, () => deadline.resolve({ kind: "deadline" }));
    const interrupted = job.interrupted.then((kind): FirstCause => ({ kind }));

    const cause = await Promise.race(spec.timeoutMs === null ? [interrupted, settled] : [interrupted, deadline.promise, settled]);
    cancelDeadline();
    if (cause.kind === "value") return { status: "completed", result: cause.value };
    if (cause.kind === "error") return { status: "failed", failure: cause.error };
    const reason = stopReason(cause.kind, job);
    const restart = cause.kind !== "stop";
    await endCall(
      { job, settled, abort, reason, graceMs: restart ? cancelGraceMs : Math.min(cancelGraceMs, STOP_GRACE_MS), restart },
      { ...this.#parts, restarts: this.#restarts },
    );
    return cause.kind === "deadline" ? { status: "failed", failure: reason } : { status: "cancelled", failure: reason };
  }

  /** Resolves with null when the pause is over, else with what cut it short. */
  async #pause(job: Job, pauseMs: number): Promise<Interruption | null> {
    const over = Promise.withResolvers<null>();
    const cancelTimer = this.#parts.clock.schedule(pauseMs, () => over.resolve(null));
    try {
      return await Promise.race([over.promise, job.interrupted]);
    } finally {
      cancelTimer();
    }
  }

  #onProgress(job: Job, { fraction, message }: CallProgress): void {
    // A call that was given up may still report.
    if (job.ending || (job.progress === fraction && job.statusMessage === message)) return;
    job.progress = fraction;
    job.statusMessage = message;
    this.#parts.publisher.live("progress_changed", subjectOf(job), { progress: fraction, status_message: message });
  }

  #onUsage(job: Job, { workerPid, memoryMb, gpuMb, cpuPercent }: UsageReading): void {
    if (job.ending) return;
    // Keys as the original's snapshot has them; the monitor's own figures are asked of it.
    const snapshot = { worker_pid: workerPid, cpu_percent: cpuPercent, memory_rss_mb: memoryMb, gpu_memory_mb: gpuMb };
    this.#parts.publisher.live("resource_snapshot", subjectOf(job), { snapshot });
  }

  #countRetry(job: Job, error: unknown): void {
    if (job.ending) return;
    job.retryCount += 1;
    this.#parts.publisher.emit("retry_started", subjectOf(job), {
      attempt: job.retryCount,
      exception_repr: String(error),
      exception_category: classifyBareError(error),
    });
  }

  /** A lease that is lost shows when the result is refused; what runs meanwhile is not harmed. */
  #keepRenewing(lease: JobLease): () => void {
    const { renewEveryMs } = lease;
    if (renewEveryMs === null) return () => {};
    const { clock, store, report } = this.#parts;
    let cancelTimer = (): void => {};
    const renew = (): void => {
      store.renew(lease).catch(report);
      cancelTimer = clock.schedule(renewEveryMs, renew);
    };
    cancelTimer = clock.schedule(renewEveryMs, renew);
    return () => cancelTimer();
  }
}

/** Chunks as they come, no faster than they are read. @returns how many there were */
async function passOn(chunks: AsyncIterable<JsonValue>, output: JobStream, signal: AbortSignal): Promise<JsonValue> {
  let count = 0;
  for await (const chunk of chunks) {
    count += 1;
    await output.push(chunk, signal);
  }
  return { chunks: count };
}

/** A queue that is being destroyed does not wait long for capabilities that do not listen. */
const STOP_GRACE_MS = 500;

function stopReason(kind: StopCause["kind"], job: Job): CjmError {
  switch (kind) {
    case "cancel":
      return jobCancelled(job);
    case "deadline":
      return new CjmError("CJM_DEADLINE_EXCEEDED", `The call did not end within its ${job.spec.timeoutMs} ms and was stopped.`, {
        hint: "Give it a longer timeout, or less to do.",
      });
    case "stop":
      return queueStopped(job);
    default:
      return kind satisfies never;
  }
}

function envelopeOf(job: Job) {
  const { jobId, runId, compositionId, nodeId, actor, control } = job.spec;
  return { job_id: jobId, run_id: runId, composition_id: compositionId, node_id: nodeId, actor, control };
}
