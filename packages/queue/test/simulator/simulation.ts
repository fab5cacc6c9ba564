import type { StoredJournalEvent } from "@cjm/core";
import type { AdmissionInput } from "../../src/admission/admission-input.ts";
import type { AdmissionScan } from "../../src/admission/admission-scan.ts";
import { checkDecision } from "./decision-check.ts";
import { befall } from "./incidents.ts";
import { auditJournal } from "./journal-audit.ts";
import { type ChosenJob, MemoryTruth } from "./memory-truth.ts";
import { listenToScans } from "./scan-recorder.ts";
import type { SimulatedTurns } from "./simulated-turns.ts";
import { type Stage, stageOf } from "./stage.ts";
import { submitPlanned } from "./submissions.ts";
import { must, Violation } from "./violation.ts";
import { WaitingWatch } from "./waiting-watch.ts";
import { CANCEL_GRACE_MS, longestRunMs, RESTART_MS, type Workload } from "./workload.ts";

/** After everything that befalls it, an operator mends what was stopped. */
const MENDED_EVERY_MS = 30_000;
/** Longest that anything takes to be noticed. */
const NOTICED_MS = 20_000;
const LONG_AFTER_MS = 60_000;
/** More is a queue that does something again and again without an end. */
const MOST_STEPS = 20_000;

export interface Played {
  /** Everything that happened, in order. */
  readonly trace: readonly string[];
  readonly jobs: number;
  readonly calls: number;
  readonly steps: number;
  readonly evictions: number;
  readonly simulatedMs: number;
}

/** Plays a workload to its end and checks after every step what must hold. @throws Violation */
export async function simulate(workload: Workload, turns: SimulatedTurns): Promise<Played> {
  const stage = stageOf(workload);
  const play = new Play(stage, turns);
  submitPlanned(stage);
  befall(stage);
  try {
    await play.toTheEnd();
  } catch (error) {
    if (error instanceof Violation) error.trace = play.played().trace;
    throw error;
  } finally {
    listenToScans(() => {});
  }
  return play.played();
}

class Play {
  readonly #stage: Stage;
  readonly #turns: SimulatedTurns;
  readonly #chosen = new Map<string, ChosenJob>();
  readonly #watch: WaitingWatch;
  readonly #truth: MemoryTruth;
  #violation: unknown = null;
  #steps = 0;
  #isLooking = false;
  #stopMending: () => void = () => {};

  constructor(stage: Stage, turns: SimulatedTurns) {
    const { workload, runtime, queue, held } = stage;
    this.#stage = stage;
    this.#turns = turns;
    this.#watch = new WaitingWatch({ workload, runtime, queue, held, chosen: this.#chosen });
    this.#truth = new MemoryTruth(workload, runtime, this.#chosen);
    listenToScans((input, scan) => this.#hear(input, scan));
  }

  async toTheEnd(): Promise<void> {
    const { clock, jobs, workload, journal, runtime } = this.#stage;
    const calmMs = Math.max(0, ...workload.incidents.map(({ atMs, forMs }) => atMs + forMs), ...workload.jobs.map(({ atMs }) => atMs));
    const plannedMs = Math.max(calmMs, ...workload.jobs.map(({ repeatUntilMs }) => repeatUntilMs));
    this.#mendLater(calmMs);
    clock.advance(0);
    for (;;) {
      await this.#turns.settle();
      this.#check();
      const nowMs = clock.monotonicMs();
      if (nowMs >= plannedMs && jobs.open.size === 0 && jobs.arriving === 0) break;
      const latestMs = plannedMs + MENDED_EVERY_MS * 2 + jobs.all.length * (longestRunMs(workload) + NOTICED_MS);
      must(nowMs <= latestMs && ++this.#steps <= MOST_STEPS, () => `nothing comes of ${[...jobs.open.keys()].join(", ")}`);
      must(clock.toNext(), () => `nothing will ever happen to ${[...jobs.open.keys()].join(", ")}`);
    }
    this.#stopMending();
    await this.#close();
    auditJournal(journal.rows, jobs.all, runtime.callsOf);
    const unexpected = this.#stage.errors.filter((error) => !String(error).includes("the monitor is broken"));
    must(unexpected.length === 0, () => `the queue reports ${String(unexpected[0])}`);
  }

  played(): Played {
    const { jobs, runtime, clock, journal } = this.#stage;
    return {
      trace: [...runtime.log, ...journal.rows.map(rowLine)],
      jobs: jobs.all.length,
      calls: [...runtime.callsOf.values()].reduce((sum, count) => sum + count, 0),
      steps: this.#steps,
      evictions: runtime.evictions,
      simulatedMs: clock.monotonicMs(),
    };
  }

  async #close(): Promise<void> {
    const { queue, clock, timers, runtime, journal } = this.#stage;
    let isClosed = false;
    void queue.close().then(() => {
      isClosed = true;
    });
    for (;;) {
      await this.#turns.settle();
      if (isClosed) break;
      must(clock.toNext(), () => `the queue does not close: ${JSON.stringify(queue.stats())}`);
    }
    const written = (): string => JSON.stringify([runtime.callsOf.size, runtime.statusCalls, journal.rows.length]);
    const before = written();
    clock.advance(LONG_AFTER_MS);
    await this.#turns.settle();
    must(
      before === written() && timers.pending === 0,
      () => `it goes on when it is closed: calls, questions and rows are ${before}, then ${written()}, timers ${timers.pending}`,
    );
  }

  #hear(input: AdmissionInput, scan: AdmissionScan): void {
    // Whoever asks why a job waits has the same scan run.
    if (this.#isLooking) return;
    try {
      checkDecision(input, scan);
    } catch (error) {
      // Thrown here it would be the dispatcher's to survive.
      this.#violation ??= error;
    }
    this.#watch.noteScan(scan);
    if (scan.admitted === null) return;
    const { exclusive, gpuDevice, head } = scan.admitted;
    const { jobId, instanceId, demand } = head;
    this.#chosen.set(jobId, {
      jobId,
      instanceId,
      exclusive,
      sinceMs: input.nowMs,
      memoryMb: demand?.memoryMb ?? 0,
      cameTooLate: this.#truth.isOver,
    });
    this.#stage.runtime.note(`${jobId} of ${instanceId} is chosen${exclusive ? " to run alone" : ""}, GPU ${gpuDevice ?? "-"}`);
  }

  #check(): void {
    if (this.#violation !== null) throw this.#violation;
    const { clock, jobs, writer } = this.#stage;
    const nowMs = clock.monotonicMs();
    this.#settleEnded(nowMs);
    this.#checkBounds(nowMs);
    this.#truth.check();
    this.#isLooking = true;
    if (writer.failure === null) this.#watch.check(jobs.heads(this.#chosen), jobs.running(), nowMs);
    else this.#watch.pause();
    this.#isLooking = false;
  }

  #settleEnded(nowMs: number): void {
    const { jobs, workload } = this.#stage;
    for (const { handle, plan, startedMs, submittedMs } of jobs.look(nowMs)) {
      this.#chosen.delete(handle.jobId);
      this.#watch.forget(handle.jobId);
      const waitedMs = (startedMs ?? nowMs) - submittedMs;
      const isInTime = plan.startTimeoutMs === null || waitedMs <= plan.startTimeoutMs + 3 * workload.machine.storeDelayMs;
      must(isInTime, () => `${handle.jobId} waited ${waitedMs} ms, longer than it was to`);
    }
  }

  #checkBounds(nowMs: number): void {
    const { jobs, queue, runtime, workload } = this.#stage;
    const { lanes } = queue.stats();
    must(
      lanes.inUse === this.#chosen.size && lanes.inUse <= lanes.total,
      () => `${lanes.inUse} lanes in use, ${this.#chosen.size} jobs chosen`,
    );
    for (const { instanceId, runningCalls, spec } of runtime.instances) {
      // A cap that is lowered binds whoever starts after that.
      must(runningCalls <= spec.cap, () => `${runningCalls} calls on ${instanceId}, which takes ${spec.cap}`);
    }
    for (const { cancelledMs, handle, instanceId } of jobs.open.values()) {
      const overdueMs = cancelledMs === null ? 0 : nowMs - cancelledMs;
      const restartMs = RESTART_MS + runtime.find(instanceId).spec.startMs;
      must(
        overdueMs <= CANCEL_GRACE_MS + restartMs + 4 * workload.machine.storeDelayMs,
        () => `${handle.jobId} was cancelled ${overdueMs} ms ago`,
      );
    }
  }

  #mendLater(calmMs: number): void {
    const { clock, runtime } = this.#stage;
    const mend = (): void => {
      const stopped = runtime.instances.filter(({ heldBack }) => heldBack?.untilMs === null);
      for (const instance of stopped) instance.reload();
      if (stopped.length > 0) runtime.changed();
      this.#stopMending = clock.schedule(MENDED_EVERY_MS, mend);
    };
    this.#stopMending = clock.schedule(calmMs + MENDED_EVERY_MS, mend);
  }
}

function rowLine({ seq, occurredAt, eventType, jobId, payload }: StoredJournalEvent): string {
  return `${seq} ${occurredAt} ${eventType} ${jobId} ${JSON.stringify(payload)}`;
}
