import { CjmError, type Clock, isTerminal, type JobSpec, type JobStore, type StoredJob, type TerminalJobStatus } from "@cjm/core";
import type { WaitExplanation } from "./admission/explain-wait.ts";
import { ReservationLedger } from "./admission/reservation-ledger.ts";
import { AroundExecution } from "./dispatch/around-execution.ts";
import { Dispatcher } from "./dispatch/dispatcher.ts";
import { instanceDisabled } from "./dispatch/head-facts.ts";
import { JobRunner } from "./dispatch/job-runner.ts";
import { EventPublisher } from "./events/event-publisher.ts";
import { HookChain } from "./hooks.ts";
import { TaskGroup } from "./internal/task-group.ts";
import { Job, type JobEnd } from "./job/job.ts";
import { JobIntake } from "./job/job-intake.ts";
import {
  JobLifecycle,
  jobCancelled,
  jobInterrupted,
  leftToNextHost,
  queueStopped,
  startedTooLate,
  subjectOf,
} from "./job/job-lifecycle.ts";
import { assertPriority, type JobRequest, outputTaken, type RunContext, specOf } from "./job/job-request.ts";
import type { JobStream } from "./job/job-stream.ts";
import { JobTable } from "./job/job-table.ts";
import { compareJobs, PendingJobs } from "./pending-jobs.ts";
import type { ResolvedQueueOptions } from "./queue-options.ts";

type MemberListener = (compositionId: string, jobId: string, end: JobEnd) => void;

/** The parts that carry single jobs, joined: intake, pending jobs, dispatcher, runner, lifecycle. */
export class JobEngine {
  readonly publisher: EventPublisher;
  readonly #options: ResolvedQueueOptions;
  readonly #table: JobTable;
  readonly #pending = new PendingJobs();
  readonly #ledger = new ReservationLedger();
  readonly #tasks: TaskGroup;
  readonly #lifecycle: JobLifecycle;
  readonly #intake: JobIntake;
  readonly #around: AroundExecution;
  readonly #dispatcher: Dispatcher;
  readonly #loop: Promise<void>;
  readonly #stopListening: () => void;
  readonly #waiters = new Set<() => void>();
  #sequence = 0;
  #accepting = true;
  /** Jobs that end under the next host. */
  #leftCount = 0;

  constructor(options: ResolvedQueueOptions) {
    this.#options = options;
    const { clock, ids, journal, limits, onInternalError: report, runtime, store } = options;
    this.#tasks = new TaskGroup(report);
    this.#table = new JobTable(options.maxHistory);
    this.publisher = new EventPublisher({ journal, clock, ids });
    const hooks = new HookChain(options.hooks, report);
    const parts = { ...options, report, hooks, publisher: this.publisher, tasks: this.#tasks, pending: this.#pending };
    this.#lifecycle = new JobLifecycle({ ...parts, table: this.#table, onAnnounced: (job) => this.#onAnnounced(job) });
    const runner = new JobRunner({ ...parts, lifecycle: this.#lifecycle });
    this.#dispatcher = new Dispatcher({ ...parts, runtime, limits, runner, ledger: this.#ledger, lifecycle: this.#lifecycle });
    this.#intake = new JobIntake({
      ...parts,
      onPending: () => this.#dispatcher.wake(),
      onRecalled: (job) => {
        this.#table.retire(job);
        this.noteProgress();
      },
      around: hooks.wrapExecution ? (job) => this.#tasks.add(this.#around.carry(job)) : null,
      onLate: (job) => this.#tasks.add(this.#lifecycle.end(job, { status: "failed", failure: startedTooLate(job) })),
    });
    this.#around = new AroundExecution({ hooks, store, lifecycle: this.#lifecycle, wait: (job) => this.#intake.line(job) });
    const wake = (): void => this.#dispatcher.wake();
    // Whoever waits for nothing to be left need not wait for what a failed journal holds up.
    const endings = [store.onWake(wake), runtime.onChange?.(wake), journal.onFailure(() => this.noteProgress())];
    this.#stopListening = () => {
      for (const end of endings) end?.();
    };
    this.#loop = this.#dispatcher.run();
  }

  get store(): JobStore {
    return this.#options.store;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get totals(): Readonly<Record<TerminalJobStatus, number>> {
    return this.#lifecycle.totals;
  }

  get lanes(): { readonly total: number; readonly inUse: number } {
    return { total: this.#options.limits.lanes, inUse: this.#ledger.lanesInUse };
  }

  get journalFailure(): CjmError | null {
    return this.#options.journal.failure;
  }

  find(jobId: string): Job | null {
    return this.#table.get(jobId) ?? null;
  }

  jobs(): Job[] {
    return this.#table.all();
  }

  /** Calls `listener` whenever a job of a composition becomes terminal. */
  onMemberEnded(listener: MemberListener): void {
    this.#lifecycle.onEnded((job, end) => {
      const { compositionId, jobId } = job.spec;
      if (compositionId === null) return;
      // The composition keeps the result from here on.
      job.result = null;
      listener(compositionId, jobId, end);
    });
  }

  /** @throws CjmError CJM_QUEUE_STOPPED, CJM_JOURNAL_FAILED */
  assertAccepting(): void {
    if (!this.#accepting) throw new CjmError("CJM_QUEUE_STOPPED", "The queue is closed and accepts no more work.");
    this.#options.journal.assertWritable();
  }

  /** @param output where its chunks go while it runs. @default none: its result comes as a whole */
  async submit(request: JobRequest, context: RunContext, output: JobStream | null = null): Promise<Job> {
    const known = request.jobId === undefined ? null : this.find(request.jobId);
    if (known !== null) {
      if (output !== null) throw outputTaken(known.jobId);
      await known.accepted;
      return known;
    }
    this.assertAccepting();
    const spec = this.#specOf(request, context);
    const instance = this.#options.runtime.describe(spec.instanceId);
    if (instance === null) throw this.#options.runtime.notLoaded(spec.instanceId);
    if (!instance.enabled) throw instanceDisabled(spec.instanceId);
    const job = this.#add(spec, output, request.jobId !== undefined && this.store.durable);
    try {
      await job.accepted;
    } catch (error) {
      this.#table.remove(job);
      this.noteProgress();
      throw error;
    }
    return job;
  }

  /**
   * Takes over a job of a host that is gone. One that ran is run again, unless it is not to be, or was interrupted too often;
   * such a one ends as failed.
   */
  adopt({ job: stored, wasRunning }: { readonly job: StoredJob; readonly wasRunning: boolean }): Job {
    const known = this.find(stored.spec.jobId);
    if (known !== null) return known;
    const job = new Job(stored.spec, ++this.#sequence);
    job.priority = stored.priority;
    job.interruptions = stored.interruptions;
    this.#table.add(job);
    if (wasRunning) this.publisher.emit("job_interrupted", subjectOf(job), { interruptions: job.interruptions });
    const mayRunAgain = job.spec.onInterruption !== "fail" && job.interruptions < this.#options.maxInterruptions;
    if (mayRunAgain || !wasRunning) this.#intake.wait(job);
    else this.#tasks.add(this.#lifecycle.end(job, { status: "failed", failure: jobInterrupted(job) }));
    return job;
  }

  /** Submits a job of a composition; one that is not accepted ends as failed. */
  submitMember(request: JobRequest, membership: { readonly compositionId: string; readonly nodeId: string }): string {
    const job = this.#add({ ...this.#specOf(request, { runId: null, actor: null }), ...membership });
    this.#tasks.add(job.accepted.catch((error: unknown) => this.#lifecycle.end(job, { status: "failed", failure: error })));
    return job.jobId;
  }

  cancel(job: Job): boolean {
    if (job.ending || isTerminal(job.status)) return false;
    if (job.isWaiting) this.#tasks.add(this.#lifecycle.end(job, { status: "cancelled", failure: jobCancelled(job) }));
    else job.requestCancel(this.#options.clock.now());
    return true;
  }

  cancelMember(jobId: string, running: boolean): void {
    const job = this.find(jobId);
    if (job !== null && (running || job.status === "pending")) this.cancel(job);
  }

  /** Null: it does not wait. */
  explain(job: Job): WaitExplanation | null {
    if (!job.isWaiting) return null;
    const isAhead = (other: Job): boolean =>
      other.isWaiting && other.spec.instanceId === job.spec.instanceId && compareJobs(other, job) < 0;
    return this.#dispatcher.explain(job, this.#table.active().filter(isAhead).length);
  }

  reorder(jobId: string, priority: number): boolean {
    assertPriority(priority);
    const job = this.find(jobId);
    if (job === null || !job.isWaiting) return false;
    this.#pending.reorder(job, priority);
    this.#tasks.add(this.#options.store.setPriority(jobId, priority));
    this.#dispatcher.wake();
    return true;
  }

  /** Awaited before the queue stops; an error is reported. */
  inBackground(work: Promise<unknown>): void {
    this.#tasks.add(work);
  }

  recheck(): void {
    this.#dispatcher.wake();
  }

  resetJournal(): void {
    this.#options.journal.reset();
    this.#dispatcher.wake();
  }

  /** Something ended, so whoever waits for nothing to be left looks again. */
  noteProgress(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter();
  }

  /** Accepts nothing more and resolves when nothing is left: with false when a failed journal keeps the rest from starting. */
  async drain(othersAreDone: () => boolean): Promise<boolean> {
    this.#accepting = false;
    const isDone = (): boolean => this.#table.activeCount === 0 && othersAreDone();
    await this.#until(() => isDone() || this.journalFailure !== null);
    return isDone();
  }

  /** Ends everything, then stops. */
  async abort(cancelOthers: () => void): Promise<void> {
    this.#accepting = false;
    for (const job of this.#table.active()) {
      if (job.isWaiting) this.#tasks.add(this.#lifecycle.end(job, { status: "cancelled", failure: queueStopped(job) }));
      else job.requestStop();
    }
    cancelOthers();
    await this.#until(() => this.#table.activeCount === this.#leftCount);
    await this.stop();
  }

  /**
   * Finishes what runs, starts nothing more, then stops. What waits stays in the store for the next host, as far as one can run it:
   * a stream without its reader cannot be.
   */
  async leave(leaveOthers: () => void): Promise<void> {
    this.#accepting = false;
    this.#dispatcher.stop();
    for (const job of this.#table.active().filter(({ output }) => output !== null)) this.cancel(job);
    await this.#until(() => this.#table.active().every((job) => job.isWaiting || this.#isHeldUp(job)));
    leaveOthers();
    const left = this.#table.active();
    this.#leftCount = left.length;
    for (const job of left) job.leave(leftToNextHost(`job ${job.jobId}`));
    await this.stop();
  }

  async stop(): Promise<void> {
    this.#dispatcher.stop();
    this.#stopListening();
    await this.#loop;
    await this.#tasks.drained();
    await this.publisher.committed();
    this.publisher.close();
  }

  #specOf(request: JobRequest, context: RunContext): JobSpec {
    const { ids, clock } = this.#options;
    return specOf(request, { jobId: ids.jobId(), submittedAt: clock.now(), context });
  }

  #add(spec: JobSpec, output: JobStream | null = null, mayBeKnown = false): Job {
    const job = new Job(spec, ++this.#sequence);
    job.output = output;
    this.#table.add(job);
    job.accepted = this.#intake.accept(job, mayBeKnown);
    job.accepted.catch(() => {});
    return job;
  }

  /** It was to start, and a failed journal keeps its rows: no call was made. */
  #isHeldUp({ status, lease }: Job): boolean {
    return this.journalFailure !== null && status === "running" && lease === null;
  }

  #onAnnounced(job: Job): void {
    this.noteProgress();
    // One that ended while it waited kept others waiting, and tells nobody.
    if (!job.chosen) this.#dispatcher.wake();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiters.add(resolve));
  }
}
