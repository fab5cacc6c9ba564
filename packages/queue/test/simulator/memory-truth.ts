import type { SimulatedRuntime } from "./simulated-runtime.ts";
import { must } from "./violation.ts";
import type { Workload } from "./workload.ts";

/** A job that the queue chose to start, until its end. */
export interface ChosenJob {
  readonly jobId: string;
  readonly instanceId: string;
  readonly exclusive: boolean;
  readonly sinceMs: number;
  /** What it is known to take, MiB. */
  readonly memoryMb: number;
  /** More than there is was held before it started: a worker that nobody had measured left that behind. */
  readonly cameTooLate: boolean;
}

/** Jobs up to this share of the machine's memory do not wait for the system monitor, so they may start beside idle workers. */
const SMALL_SHARE = 1 / 16;
const NOISE_MB = 0.001;

/** Looks at what really is held. Where more is than there is, somebody runs out of memory: the one that nobody had measured, or the youngest. */
export class MemoryTruth {
  readonly #workload: Workload;
  readonly #runtime: SimulatedRuntime;
  readonly #chosen: ReadonlyMap<string, ChosenJob>;

  constructor(workload: Workload, runtime: SimulatedRuntime, chosen: ReadonlyMap<string, ChosenJob>) {
    this.#workload = workload;
    this.#runtime = runtime;
    this.#chosen = chosen;
  }

  get isOver(): boolean {
    return this.#overMb() > NOISE_MB;
  }

  /** @throws Violation when an orderly world runs out of memory */
  check(): void {
    if (!this.isOver) return;
    const { gpusMb } = this.#workload.machine;
    const running = [...this.#chosen.values()];
    const victim = running.find(({ exclusive }) => exclusive) ?? running.at(-1);
    // Whom nobody has measured may take more than there is. A device is where its worker is, which the queue can only guess.
    const isUnseen = this.#runtime.instances.some(({ startedForNobody }) => startedForNobody);
    const isExpected =
      !this.#workload.orderly || isUnseen || victim === undefined || victim.exclusive || victim.cameTooLate || gpusMb.length > 1;
    must(isExpected, () => `${this.#overMb()} MB more are held than there are: ${JSON.stringify([this.#runtime.held(), running])}`);
    if (victim !== undefined) this.#runtime.find(victim.instanceId).runOut();
  }

  #overMb(): number {
    const { memoryMb, gpusMb } = this.#workload.machine;
    const held = this.#runtime.held();
    const smallMb = [...this.#chosen.values()].reduce((sum, job) => sum + (job.memoryMb <= memoryMb * SMALL_SHARE ? job.memoryMb : 0), 0);
    return Math.max(held.memoryMb - memoryMb - smallMb, ...held.gpusMb.map((mb, device) => mb - (gpusMb[device] ?? 0)));
  }
}
