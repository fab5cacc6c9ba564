import type { AdmissionScan, Waiting } from "../../src/admission/admission-scan.ts";
import type { JobQueue, WaitExplanation } from "../../src/index.ts";
import { type FollowedJob, goesBefore } from "./followed-jobs.ts";
import type { ChosenJob } from "./memory-truth.ts";
import type { SimulatedRuntime } from "./simulated-runtime.ts";
import { must } from "./violation.ts";
import { longestRunMs, type Workload } from "./workload.ts";

/** How soon the queue looks again at what the machine keeps out. */
const RESCAN_MS = 1_000;
/** When a monitor that does not answer is given up. */
const ANSWER_MS = 2_000;
/** A job that made room once and got none may ask again after this. */
const COOLDOWN_MS = 15_000;
const SLACK_MS = 5_000;

interface World {
  readonly workload: Workload;
  readonly runtime: SimulatedRuntime;
  readonly queue: JobQueue;
  /** Instances that an extension holds. */
  readonly held: ReadonlySet<string>;
  readonly chosen: ReadonlyMap<string, ChosenJob>;
}

/** Watches jobs that wait: that none could start, that each knows why, and that the first in line is not passed for ever. */
export class WaitingWatch {
  readonly #world: World;
  readonly #longestMs: number;
  readonly #idleSinceMs = new Map<string, number>();
  readonly #unexplainedSinceMs = new Map<string, number>();
  readonly #lastLook = new Map<string, Waiting>();
  #first: { readonly job: FollowedJob; sinceMs: number } | null = null;

  constructor(world: World) {
    this.#world = world;
    this.#longestMs = longestRunMs(world.workload) + COOLDOWN_MS + 2 * ANSWER_MS + SLACK_MS;
  }

  noteScan({ waiting }: AdmissionScan): void {
    for (const one of waiting) this.#lastLook.set(one.head.jobId, one);
  }

  forget(jobId: string): void {
    for (const map of [this.#idleSinceMs, this.#unexplainedSinceMs, this.#lastLook]) map.delete(jobId);
  }

  /** Nothing may start. */
  pause(): void {
    this.#idleSinceMs.clear();
    this.#unexplainedSinceMs.clear();
    this.#first = null;
  }

  /** @param heads the next job of each instance, in their order @throws Violation */
  check(heads: readonly FollowedJob[], running: readonly FollowedJob[], nowMs: number): void {
    const isShut = this.#isShut();
    for (const job of heads) {
      if (!this.#world.runtime.find(job.instanceId).enabled) continue;
      const told = this.#world.queue.explain(job.handle.jobId);
      const isIdle = told?.kind === "starting" || (told?.kind === "never" && !isShut);
      this.#notLongerThan(this.#idleSinceMs, isIdle, job, nowMs, "could start, and waits");
      this.#notLongerThan(
        this.#unexplainedSinceMs,
        job.view.blockReason === null && !this.#isInLine(job) && needsReason(told),
        job,
        nowMs,
        "waits and says no reason",
      );
    }
    this.#checkFirst(heads, running, nowMs);
  }

  /** Nobody is looked at. */
  #isShut(): boolean {
    const { chosen, workload } = this.#world;
    return chosen.size >= workload.machine.lanes || [...chosen.values()].some(({ exclusive }) => exclusive);
  }

  /** Its instance runs all that it may. */
  #isInLine({ instanceId }: FollowedJob): boolean {
    const { chosen, runtime } = this.#world;
    return [...chosen.values()].filter((other) => other.instanceId === instanceId).length >= runtime.find(instanceId).cap;
  }

  #notLongerThan(since: Map<string, number>, holds: boolean, job: FollowedJob, nowMs: number, what: string): void {
    const { jobId } = job.handle;
    if (!holds) {
      since.delete(jobId);
      return;
    }
    const sinceMs = since.get(jobId) ?? nowMs;
    since.set(jobId, sinceMs);
    const told = (): string => JSON.stringify([this.#world.queue.explain(jobId), this.#lastLook.get(jobId), this.#world.runtime.status()]);
    must(nowMs - sinceMs <= this.#patienceMs(), () => `${jobId} of ${job.instanceId} ${what} from ${sinceMs} to ${nowMs} ms: ${told()}`);
  }

  /** What changes by itself is seen with the next look, which a monitor that does not answer holds up until it is given up. */
  #patienceMs(): number {
    const { runtime, workload } = this.#world;
    const isPrompt =
      runtime.monitor === "prompt" && workload.machine.monitor === "prompt" && workload.incidents.every(({ what }) => what !== "monitor");
    return (isPrompt ? 0 : 2 * ANSWER_MS) + RESCAN_MS + 2 * workload.machine.storeDelayMs;
  }

  /** The first in line of those that resources hold up must start when what runs has ended, whatever comes after it. */
  #checkFirst(heads: readonly FollowedJob[], running: readonly FollowedJob[], nowMs: number): void {
    const job = heads.find(({ handle }) => this.#lastLook.get(handle.jobId)?.blocked != null) ?? null;
    if (job === null || job.handle.jobId !== this.#first?.job.handle.jobId) {
      this.#first = job === null ? null : { job, sinceMs: nowMs };
      return;
    }
    if (this.#mayTakeLonger(job, this.#first.sinceMs, heads, running)) this.#first.sinceMs = nowMs;
    const { sinceMs } = this.#first;
    must(
      nowMs - sinceMs <= this.#longestMs,
      () => `${job.handle.jobId} starves since ${sinceMs} ms: ${JSON.stringify(this.#lastLook.get(job.handle.jobId))}`,
    );
  }

  /** Others hold what it needs, nobody can tell, its own instance cannot, or what goes before it does. */
  #mayTakeLonger(job: FollowedJob, sinceMs: number, heads: readonly FollowedJob[], running: readonly FollowedJob[]): boolean {
    const { runtime, chosen, workload, held } = this.#world;
    const { outside, monitor } = runtime;
    const wentBefore = running.some((other) => (chosen.get(other.handle.jobId)?.sinceMs ?? 0) >= sinceMs && goesBefore(other, job));
    const instance = runtime.find(job.instanceId);
    return (
      wentBefore ||
      heads[0] !== job ||
      outside.memoryMb > 0 ||
      outside.gpuMb > 0 ||
      monitor !== "prompt" ||
      !instance.enabled ||
      instance.heldBack !== null ||
      held.has(job.instanceId) ||
      this.#isInLine(job) ||
      workload.machine.gpusMb.length > 1
    );
  }
}

function needsReason(told: WaitExplanation | null): boolean {
  if (told === null) return false;
  const { kind, reason } = told;
  return (
    kind === "resources" ||
    kind === "held" ||
    (kind === "alone" && reason.startsWith("Waits")) ||
    (kind === "turn" && reason.startsWith("It lets"))
  );
}
