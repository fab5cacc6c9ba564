import { CjmError, canTransition, isTerminal, type JobError, type JobLease, type JobSpec, type JobStatus, type JsonValue } from "@cjm/core";
import type { Blocked } from "../admission/admission-rules.ts";
import type { JobStream } from "./job-stream.ts";

export type CancelPhase = "cooperative" | "force" | "reloading" | "completed";

export interface JobCancellation {
  /** Unix milliseconds. */
  readonly requestedAt: number;
  /** Null: requested, nothing done about it yet. */
  readonly phase: CancelPhase | null;
  /** Whether the worker had to be restarted because the call did not end by itself. */
  readonly forced: boolean;
}

/** Why a job is ended early: somebody cancelled it, or the queue is being stopped. */
export type Interruption = "cancel" | "stop";

/** How a job ended. A cancelled job may carry why; it has no error record. */
export type JobEnd =
  | { readonly status: "completed"; readonly result: JsonValue }
  | { readonly status: "failed"; readonly failure: unknown }
  | { readonly status: "cancelled"; readonly failure: CjmError };

/** One job inside the queue. Only `JobLifecycle` changes its status. */
export class Job {
  /** That of the first submission, once the job turns out to be known to the store. */
  spec: JobSpec;
  /** Order of submission within this queue; decides between equal priorities. */
  readonly sequence: number;
  priority: number;
  status: JobStatus = "pending";
  startedAt: number | null = null;
  endedAt: number | null = null;
  progress = 0;
  statusMessage = "";
  retryCount = 0;
  /** How often a host died while it ran. */
  interruptions = 0;
  blockReason: string | null = null;
  /** What resources it waits for; null: it does not, or was not looked at yet. */
  blocked: Blocked | null = null;
  /** Monotonic time since which it could run but for resources; null: it is not held up by them. */
  blockedSinceMs: number | null = null;
  cancellation: JobCancellation | null = null;
  result: JsonValue = null;
  error: JobError | null = null;
  /** What was thrown, when the job did not complete. */
  failure: unknown = null;
  lease: JobLease | null = null;
  /** The dispatcher chose it; it is in no heap any more. */
  chosen = false;
  /** Its end is decided and being written; nothing else may end it. */
  ending = false;
  /** Hears how its attempts ended, when extensions are around its execution; null: nobody is. */
  onAttempted: ((end: JobEnd) => void) | null = null;
  /** Where its chunks go while it runs; null: its result comes as a whole. */
  output: JobStream | null = null;
  /** Stops watching how long it waits. */
  cancelStartTimer: () => void = () => {};
  /** Resolves when the store has it, rejects when it could not be taken. */
  accepted: Promise<void> = Promise.resolve();
  /** Somebody wants it to end early, and why; the first reason stays. */
  interruption: Interruption | null = null;
  /** Its last row is on disk, or cannot be. */
  announced = false;
  readonly #ended = Promise.withResolvers<void>();
  readonly #interruption = Promise.withResolvers<Interruption>();

  constructor(spec: JobSpec, sequence: number) {
    this.spec = spec;
    this.sequence = sequence;
    this.priority = spec.priority;
  }

  get jobId(): string {
    return this.spec.jobId;
  }

  /** Whether it may still be chosen: waiting, and nobody is ending it. */
  get isWaiting(): boolean {
    return this.status === "pending" && !this.chosen && !this.ending;
  }

  get isOver(): boolean {
    return isTerminal(this.status);
  }

  /** Resolves when the job is terminal and its last row is on disk; rejects when it is left to another host. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Resolves with `interruption`. */
  get interrupted(): Promise<Interruption> {
    return this.#interruption.promise;
  }

  /** Somebody wants it to end. */
  requestCancel(now: number): void {
    this.cancellation ??= { requestedAt: now, phase: null, forced: false };
    this.#interrupt("cancel");
  }

  /** The queue itself is being stopped. */
  requestStop(): void {
    this.#interrupt("stop");
  }

  moveTo(status: JobStatus): JobStatus {
    const from = this.status;
    if (!canTransition(from, status)) throw new CjmError("CJM_INTERNAL", `A job cannot go from ${from} to ${status}: ${this.jobId}.`);
    this.status = status;
    return from;
  }

  announce(): void {
    this.announced = true;
    this.#ended.resolve();
  }

  /** It does not end here: whoever waits for it hears why. */
  leave(reason: CjmError): void {
    this.ending = true;
    this.cancelStartTimer();
    this.onAttempted?.({ status: "cancelled", failure: reason });
    this.#ended.promise.catch(() => {});
    this.#ended.reject(reason);
    // What was to start and cannot, because its rows are not written, gives up.
    this.#interrupt("stop");
  }

  #interrupt(kind: Interruption): void {
    this.interruption ??= kind;
    this.#interruption.resolve(this.interruption);
  }
}
