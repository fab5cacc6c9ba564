import type { Clock, JournalWriter } from "@cjm/core";
import type { AdmissionInput, AdmissionLimits, PendingHead } from "../admission/admission-input.ts";
import { type AdmissionScan, scanAdmission, type Waiting } from "../admission/admission-scan.ts";
import { AdmissionTelemetry } from "../admission/admission-telemetry.ts";
import { explainWait, type WaitExplanation } from "../admission/explain-wait.ts";
import { IdleEviction } from "../admission/idle-eviction.ts";
import type { ReservationLedger } from "../admission/reservation-ledger.ts";
import { unschedulable } from "../admission/unschedulable.ts";
import { lessGrowth, WorkerGrowth } from "../admission/worker-growth.ts";
import type { CapabilityRuntime, EvictableWorker, InstanceResidency } from "../capability-runtime.ts";
import type { EventPublisher } from "../events/event-publisher.ts";
import type { HookChain } from "../hooks.ts";
import type { TaskGroup } from "../internal/task-group.ts";
import type { Job, JobEnd } from "../job/job.ts";
import { type JobLifecycle, subjectOf } from "../job/job-lifecycle.ts";
import type { PendingJobs } from "../pending-jobs.ts";
import { HeadFacts } from "./head-facts.ts";
import type { JobRunner } from "./job-runner.ts";
import { WakeSignal } from "./wake-signal.ts";

interface DispatcherParts {
  readonly runtime: CapabilityRuntime;
  readonly pending: PendingJobs;
  readonly ledger: ReservationLedger;
  readonly runner: JobRunner;
  readonly lifecycle: JobLifecycle;
  readonly publisher: EventPublisher;
  readonly hooks: HookChain;
  readonly journal: JournalWriter;
  readonly clock: Clock;
  readonly tasks: TaskGroup;
  readonly limits: AdmissionLimits;
  readonly whenStopped: "hold" | "fail";
  readonly report: (error: unknown) => void;
}

/** How soon to look again while nobody would tell that there is room. */
const RESCAN_MS = 1000;
/** Share of the machine's memory up to which a job is small. */
const SMALL_SHARE = 1 / 16;

/**
 * The loop that starts jobs: wait for a change, find out what the machine has free, scan, fail what can never run, start
 * what may, tell why the rest waits. Nothing that a runtime or an extension throws ends it.
 */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #wake = new WakeSignal();
  readonly #telemetry: AdmissionTelemetry;
  readonly #eviction: IdleEviction;
  readonly #growth = new WorkerGrowth();
  #cancelRescan: () => void = () => {};
  /** The last scan left a job that only a new answer of the system monitor can help. */
  #telemetryMissing = false;
  /** It left one that lacks memory which running jobs may turn out not to take. */
  #memoryMissing = false;
  #stopping = false;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    const { runtime, clock, report } = parts;
    this.#telemetry = new AdmissionTelemetry({
      runtime,
      clock,
      report,
      onAsked: () => {
        const facts = new HeadFacts(parts, null);
        return this.#growth.measuring((instanceId) => facts.resident(instanceId));
      },
      onRefreshed: () => this.wake(),
    });
    this.#eviction = new IdleEviction({
      runtime,
      clock,
      report,
      onDone: async () => {
        await this.#telemetry.refresh();
        this.wake();
      },
    });
  }

  wake(): void {
    this.#wake.set();
  }

  /** Why a waiting job waits, by what is known now. @throws CjmError when its instance is gone, disabled or stopped */
  explain(job: Job, ahead: number): WaitExplanation {
    const facts = new HeadFacts(this.#parts, null);
    const { runtime } = this.#parts;
    const evictable = (resource: "gpu" | "memory"): readonly EvictableWorker[] => runtime.evictable?.(resource) ?? [];
    return explainWait({ head: facts.headOf(job), input: this.#input(facts), ahead, evictable });
  }

  stop(): void {
    this.#stopping = true;
    this.#cancelRescan();
    this.#eviction.stop();
    this.#wake.set();
  }

  async run(): Promise<void> {
    while (!this.#stopping) {
      await this.#wake.taken();
      try {
        if (!this.#stopping) await this.#pass();
      } catch (error) {
        this.#parts.report(error);
        this.#rescanLater();
      }
    }
  }

  async #pass(): Promise<void> {
    this.#cancelRescan();
    if (this.#parts.journal.failure !== null) return;
    const pass = new HeadFacts(this.#parts, (job, error) => this.#end(job, { status: "failed", failure: error }));
    // A job that ends wakes the dispatcher also when nobody waits, and then nobody lacks anything either.
    if (pass.heads().length === 0) {
      this.#telemetryMissing = false;
      return;
    }
    const renewInMs = this.#telemetryMissing ? this.#telemetry.renewableInMs() : 0;
    if (this.#telemetryMissing && renewInMs === 0) await this.#telemetry.refresh();
    else if (pass.heads().some((head) => this.#needsTelemetry(head))) await this.#telemetry.current();
    this.#telemetryMissing = false;
    this.#memoryMissing = false;

    for (let more = true; more && !this.#stopping; ) {
      const input = this.#input(pass);
      const scan = scanAdmission(input);
      for (const { head, shortfall } of scan.unschedulable) {
        const subject = { instanceId: head.instanceId, occurredAt: this.#parts.clock.now() };
        this.#end(pass.job(head), { status: "failed", failure: unschedulable(subject, shortfall) });
      }
      for (const waiting of scan.waiting) this.#explain(pass.job(waiting.head), waiting);
      if (scan.admitted !== null) this.#start(pass.job(scan.admitted.head), scan.admitted);
      // Also for one that was passed: a stream of jobs that run alone leaves no other moment.
      this.#eviction.consider(scan.waiting, () => this.#keep(scan.waiting), input.heads);
      this.#telemetryMissing ||= scan.needsTelemetry;
      this.#memoryMissing ||= scan.waiting.some(({ blocked }) => blocked?.missing != null);
      more = scan.admitted !== null || scan.unschedulable.length > 0;
    }
    this.#rescanWhenDue(pass, renewInMs > 0 ? renewInMs : RESCAN_MS);
  }

  /** What nobody will tell: fresh telemetry, what running jobs level off at, and the end of a pause. */
  #rescanWhenDue(pass: HeadFacts, renewInMs: number): void {
    const { clock } = this.#parts;
    const dues = pass.heads().flatMap(({ hold }) => (hold?.untilMs == null ? [] : [Math.max(0, hold.untilMs - clock.monotonicMs())]));
    if (this.#telemetryMissing || this.#memoryMissing) dues.push(renewInMs);
    if (dues.length > 0) this.#rescanLater(Math.min(...dues));
  }

  #input(pass: HeadFacts): AdmissionInput {
    const { ledger, limits, clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    const residentOf = (instanceId: string): InstanceResidency | null => pass.resident(instanceId);
    const running = ledger.entries(residentOf, nowMs);
    const { known } = this.#telemetry;
    const status = known === null ? null : lessGrowth(known, this.#growth.since(residentOf));
    return { heads: pass.heads(), running, limits, status, nowMs };
  }

  /** Small jobs do not wait for an answer of the system monitor; what it said last is heeded all the same. */
  #needsTelemetry({ demand }: PendingHead): boolean {
    return demand !== null && (demand.gpuMb > 0 || demand.memoryMb > this.#parts.limits.machineMemoryMb * SMALL_SHARE);
  }

  #start(job: Job, { head, exclusive, gpuDevice }: NonNullable<AdmissionScan["admitted"]>): void {
    const { ledger, clock, tasks, runner } = this.#parts;
    job.chosen = true;
    const demand = head.demand ?? { memoryMb: 0, gpuMb: 0 };
    ledger.take({ ...demand, jobId: job.jobId, instanceId: head.instanceId, exclusive, gpuDevice, sinceMs: clock.monotonicMs() });
    this.#growth.note(head.instanceId, gpuDevice);
    this.#explain(job, { reason: null, blocked: null });
    tasks.add(
      runner
        .run(job, {
          exclusive,
          gpuReservedMb: demand.gpuMb,
          lanesInUse: ledger.lanesInUse,
          statsAvailable: this.#telemetry.known !== null,
        })
        .finally(() => {
          ledger.release(job.jobId);
          this.wake();
        }),
    );
  }

  /** Instances that no eviction may touch: what runs, and what waiting jobs want. */
  #keep(waiting: readonly Waiting[]): readonly string[] {
    const running = this.#parts.ledger.instanceIds();
    return [...new Set([...running, ...waiting.map(({ head }) => head.instanceId), ...this.#parts.pending.instanceIds()])].sort();
  }

  #explain(job: Job, { reason, blocked }: Pick<Waiting, "reason" | "blocked">): void {
    if (blocked !== null) job.blockedSinceMs ??= this.#parts.clock.monotonicMs();
    job.blocked = blocked;
    if (job.blockReason === reason) return;
    this.#parts.publisher.emit("block_reason_changed", subjectOf(job), { from: job.blockReason, to: reason });
    job.blockReason = reason;
  }

  #end(job: Job, end: JobEnd): void {
    this.#parts.tasks.add(this.#parts.lifecycle.end(job, end));
  }

  #rescanLater(delayMs = RESCAN_MS): void {
    this.#cancelRescan();
    this.#cancelRescan = this.#parts.clock.schedule(delayMs, () => this.wake());
  }
}
