import {
  type CompositionPlan,
  isTerminal,
  type JournalStore,
  type JsonValue,
  planComposition,
  type TerminalJobStatus,
  validateComposition,
} from "@cjm/core";
import type { WaitExplanation } from "./admission/explain-wait.ts";
import type { CompositionHandle } from "./compositions/composition-handle.ts";
import type { CompositionOutcome } from "./compositions/composition-outcome.ts";
import { CompositionService, type SubmitCompositionOptions } from "./compositions/composition-service.ts";
import type { Ending } from "./events/ending.ts";
import type { EventStream } from "./events/event-stream.ts";
import { eventsAfter } from "./events/events-after.ts";
import { type HistoricJob, jobsFromJournal, readable } from "./events/journal-history.ts";
import type { EventFilter, QueueEvent } from "./events/queue-event.ts";
import { onAbort } from "./internal/on-abort.ts";
import type { WaitOptions } from "./internal/wait-for.ts";
import type { Job } from "./job/job.ts";
import { JobHandle } from "./job/job-handle.ts";
import { jobUnknown } from "./job/job-lifecycle.ts";
import { isListed, type JobListFilter } from "./job/job-list-filter.ts";
import type { JobRequest, RunContext } from "./job/job-request.ts";
import { JobStream } from "./job/job-stream.ts";
import { type JobView, viewOf, viewOfStored } from "./job/job-view.ts";
import { JobEngine } from "./job-engine.ts";
import { type JobQueueOptions, resolveQueueOptions } from "./queue-options.ts";

export interface QueueStats {
  readonly pending: number;
  readonly running: number;
  /** Since the queue was made. */
  readonly ended: Readonly<Record<TerminalJobStatus, number>>;
  readonly lanes: { readonly total: number; readonly inUse: number };
  readonly compositions: { readonly running: number };
  /** Why no work is accepted; null: it is. */
  readonly journalFailure: string | null;
}

/** What `recover()` took over. */
export interface RecoveredWork {
  /** Jobs that are no members of compositions. */
  readonly jobIds: readonly string[];
  /** How many of them had been running. */
  readonly interrupted: number;
  readonly compositionIds: readonly string[];
}

/**
 * Runs jobs and compositions on the capabilities of a runtime, as many at a time as measured resources allow, and journals
 * what happens. `close()` finishes what was accepted, `destroy()` ends it; `await using` closes.
 */
export class JobQueue implements AsyncDisposable {
  readonly #engine: JobEngine;
  readonly #compositions: CompositionService;
  readonly #eventBuffer: number;
  readonly #history: JournalStore | null;
  #context: RunContext = { runId: null, actor: null };
  #closing: Promise<void> | null = null;

  constructor(options: JobQueueOptions) {
    const resolved = resolveQueueOptions(options);
    this.#eventBuffer = resolved.eventBuffer;
    this.#history = resolved.history;
    this.#engine = new JobEngine(resolved);
    this.#compositions = new CompositionService(this.#engine, resolved);
  }

  /** What jobs and compositions belong to when they do not say; called with nothing it clears that. */
  setRunContext(context: Partial<RunContext> = {}): void {
    this.#context = { runId: context.runId ?? null, actor: context.actor ?? null };
  }

  /**
   * Accepts a job. A `jobId` that is known already, also from an earlier process, gives the handle of that job, and nothing is
   * submitted. @throws CjmError CJM_CAPABILITY_NOT_LOADED, CJM_CAPABILITY_DISABLED, CJM_INPUT_INVALID, CJM_JOB_ELSEWHERE,
   * CJM_JOURNAL_FAILED, CJM_QUEUE_STOPPED
   */
  async submit(request: JobRequest): Promise<JobHandle> {
    return this.#handleOf(await this.#engine.submit(request, this.#context));
  }

  /** Submits a job and waits for its result; aborting `signal` cancels the job. @throws CjmError of the job when it does not complete */
  async run(request: JobRequest, options: { readonly signal?: AbortSignal } = {}): Promise<JsonValue> {
    options.signal?.throwIfAborted();
    const handle = await this.submit(request);
    using _cancelling = onAbort(options.signal, () => handle.cancel());
    return await handle.result();
  }

  /**
   * Submits a job whose output is read while it runs; a reader that is slow holds the capability up, one that leaves cancels the
   * job. It is not tried again and not run again after its host died: part of it may have been read.
   * @throws CjmError of the job, where its chunks end
   */
  async *stream(request: JobRequest, options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<JsonValue, void, undefined> {
    options.signal?.throwIfAborted();
    const output = new JobStream(() => this.#engine.cancel(job));
    const job = await this.#engine.submit({ ...request, retry: null, onInterruption: "fail" }, this.#context, output);
    using _cancelling = onAbort(options.signal, () => this.#engine.cancel(job));
    yield* output;
  }

  /** The job once it ended, whatever its end. @throws CjmError CJM_JOB_NOT_FOUND, CJM_DEADLINE_EXCEEDED (the job goes on) */
  async wait(jobId: string, options: WaitOptions = {}): Promise<JobView> {
    return await this.#handleOf(this.#require(jobId)).wait(options);
  }

  get(jobId: string): JobView | null {
    const job = this.#engine.find(jobId);
    return job === null ? null : viewOf(job);
  }

  /** Jobs that wait, run, or ended lately, in order of submission. */
  list(filter: JobListFilter = {}): JobView[] {
    return this.#engine
      .jobs()
      .filter((job) => isListed(job, filter))
      .map(viewOf);
  }

  /**
   * Why a job waits: what is missing, who holds it, what making room would cost, and whether it can ever run here. Null: it does
   * not wait. @throws CjmError CJM_JOB_NOT_FOUND; CJM_CAPABILITY_NOT_LOADED, CJM_CAPABILITY_DISABLED when its instance is gone
   */
  explain(jobId: string): WaitExplanation | null {
    return this.#engine.explain(this.#require(jobId));
  }

  /** Ends a waiting job at once and a running one soon. @returns false when it is unknown or over */
  cancel(jobId: string): boolean {
    const job = this.#engine.find(jobId);
    return job !== null && this.#engine.cancel(job);
  }

  /** Gives a waiting job another priority, a finite number; among equals its time of submission counts. @returns false when it does not wait */
  reorder(jobId: string, priority: number): boolean {
    return this.#engine.reorder(jobId, priority);
  }

  /** Looks at waiting jobs again, such as after an extension stopped holding one. */
  recheck(): void {
    this.#engine.recheck();
  }

  stats(): QueueStats {
    const active = this.#engine.jobs().filter(({ status }) => !isTerminal(status));
    const running = active.filter(({ status }) => status === "running").length;
    return {
      pending: active.length - running,
      running,
      ended: this.#engine.totals,
      lanes: this.#engine.lanes,
      compositions: { running: this.#compositions.runningCount },
      journalFailure: this.#engine.journalFailure?.message ?? null,
    };
  }

  /**
   * Accepts a composition: an object of the YAML form. Its nodes start as soon as what they wait for is there.
   * @throws CjmError CJM_COMPOSITION_INVALID listing every fault, CJM_CAPABILITY_DISABLED, CJM_JOURNAL_FAILED, CJM_QUEUE_STOPPED
   */
  async submitComposition(document: unknown, options: SubmitCompositionOptions = {}): Promise<CompositionHandle> {
    const runId = options.runId === undefined ? this.#context.runId : options.runId;
    const actor = options.actor === undefined ? this.#context.actor : options.actor;
    return await this.#compositions.submit(document, { ...options, runId, actor }, this.#subscribe);
  }

  /**
   * Goes on with what hosts that are gone left for these instances, which are loaded here: waiting jobs wait again, interrupted ones
   * are run again or failed, compositions keep what they had done. Nothing with a store that is not durable.
   * @throws CjmError CJM_STORE_FAILED
   */
  async recover(instanceIds: readonly string[]): Promise<RecoveredWork> {
    const { store } = this.#engine;
    const { jobs, compositions } = await store.adopt(instanceIds);
    for (const adopted of jobs) this.#engine.adopt(adopted);
    const compositionIds = await this.#compositions.resumeAll(compositions);
    return {
      jobIds: jobs.map(({ job }) => job.spec.jobId),
      interrupted: jobs.filter(({ wasRunning }) => wasRunning).length,
      compositionIds,
    };
  }

  /** A job of this or an earlier process, with its result; null when it is not known, or forgotten. @throws CjmError CJM_STORE_FAILED */
  async find(jobId: string): Promise<JobView | null> {
    const known = this.get(jobId);
    if (known !== null && (known.status !== "completed" || known.compositionId === null)) return known;
    const stored = await this.#engine.store.find(jobId);
    return stored === null ? known : viewOfStored(stored);
  }

  /** The handle of a composition that runs or ended lately in this process; null when it is unknown. */
  composition(compositionId: string): CompositionHandle | null {
    return this.#compositions.handle(compositionId, this.#subscribe);
  }

  /** How a composition ended, whatever that is. @throws CjmError CJM_JOB_NOT_FOUND, CJM_DEADLINE_EXCEEDED (it goes on) */
  async waitComposition(compositionId: string, options: WaitOptions = {}): Promise<CompositionOutcome> {
    return await this.#compositions.wait(compositionId, options);
  }

  /** How a composition stands; null when it is unknown. */
  getComposition(compositionId: string): CompositionOutcome | null {
    return this.#compositions.find(compositionId)?.outcome() ?? null;
  }

  /** How a composition stands or ended, also under an earlier host, as far as the job store remembers; null when it is unknown. */
  async recallComposition(compositionId: string): Promise<CompositionOutcome | null> {
    return await this.#compositions.recall(compositionId);
  }

  /** Cancels what runs and what waits. @returns false when it is unknown, over, or was cancelled before */
  cancelComposition(compositionId: string): boolean {
    return this.#compositions.find(compositionId)?.cancel() ?? false;
  }

  /** What a composition would do: its nodes and what each waits for. Runs nothing. @throws CjmError CJM_COMPOSITION_INVALID */
  compositionPlan(document: unknown): CompositionPlan {
    return planComposition(validateComposition(document));
  }

  /** Events from now on. A stream for one job or one composition ends after it did; others end with the queue. */
  events(filter: EventFilter = {}): EventStream {
    return this.#subscribe(filter, this.#subjectOf(filter));
  }

  /**
   * Every event after a row of the journal, without a gap and without one twice; ends as `events()` does.
   * @throws CjmError CJM_CONFIG_INVALID without a journal that can be read
   */
  eventsAfter(seq: number, filter: EventFilter = {}): AsyncGenerator<QueueEvent, void, undefined> {
    return eventsAfter(seq, filter, {
      history: readable(this.#history),
      live: () => this.events(filter),
      isKnown: this.#subjectOf(filter) !== null,
    });
  }

  /** Jobs that ended, newest first, also those of earlier processes. @throws CjmError CJM_CONFIG_INVALID without a journal that can be read */
  history(options: { readonly limit?: number } = {}): readonly HistoricJob[] {
    return jobsFromJournal(readable(this.#history), options.limit ?? 100);
  }

  /** After a failed journal was repaired: writes what was kept, and goes on. @throws CjmError CJM_JOURNAL_FAILED when it still fails */
  resetJournal(): void {
    this.#engine.resetJournal();
    this.#compositions.resume();
  }

  /** Accepts nothing more, finishes everything that was accepted, then stops. With a failed journal it ends as `destroy()`. */
  close(): Promise<void> {
    this.#closing ??= this.#engine
      .drain(() => this.#compositions.runningCount === 0)
      .then((drained) => (drained ? this.#engine.stop() : this.destroy()));
    return this.#closing;
  }

  /** Accepts nothing more and ends everything: waiting and running jobs and compositions are cancelled, then it stops. */
  async destroy(): Promise<void> {
    await this.#engine.abort(() => this.#compositions.cancelAll());
  }

  /**
   * Accepts nothing more, finishes the calls that run, and leaves the rest to the next host, which finds it with `recover()`. Whoever
   * waits for it here gets CJM_QUEUE_STOPPED. With a store that is not durable it ends as `close()`.
   */
  leave(): Promise<void> {
    this.#closing ??= this.#engine.store.durable ? this.#engine.leave(() => this.#compositions.leaveAll()) : this.close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #handleOf(job: Job): JobHandle {
    return new JobHandle(job, {
      clock: this.#engine.clock,
      cancel: () => this.#engine.cancel(job),
      events: () => this.#subscribe({ jobId: job.jobId }, job),
    });
  }

  readonly #subscribe = (filter: EventFilter, subject: Ending | null): EventStream =>
    this.#engine.publisher.subscribe(filter, this.#eventBuffer, subject);

  #subjectOf({ jobId, compositionId }: EventFilter): Ending | null {
    return this.#engine.find(jobId ?? "") ?? this.#compositions.find(compositionId ?? "") ?? null;
  }

  #require(jobId: string): Job {
    const job = this.#engine.find(jobId);
    if (job === null) throw jobUnknown(jobId);
    return job;
  }
}
