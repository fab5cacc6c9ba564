import type { Clock } from "@cjm/core";
import pidusage from "pidusage";
import { tell } from "../internal/tell.ts";
import { PeakMeter } from "./peak-meter.ts";
import type { ProcessTrees, TreeUse } from "./process-trees.ts";

export interface MeasuredUse {
  /** Highest sum of resident memory over the worker's process tree, MiB. */
  readonly memoryPeakMb: number;
  /** Highest GPU memory of the tree, MiB; null: not measured. */
  readonly gpuMemoryPeakMb: number | null;
  /** Processor time of the tree by wall time, in percent of one processor; may exceed 100. */
  readonly cpuPercent: number;
  readonly durationMs: number;
}

/** What a running call uses now. */
export interface UsageReading {
  readonly workerPid: number;
  /** Resident memory of the worker's process tree, MiB. */
  readonly memoryMb: number;
  /** GPU memory of the tree, MiB; null: not measured. */
  readonly gpuMb: number | null;
  /** Since the call began, in percent of one processor. */
  readonly cpuPercent: number;
}

/** What the sampler asks the system monitor. */
export interface GpuMeter {
  /** A younger figure than the last could be had. */
  isAskedFor(): boolean;
  refresh(): Promise<void>;
  gpuMemoryMb(rootPid: number): Promise<number | null>;
  lastGpuMemoryMb(rootPid: number): number | null;
}

interface Measurement {
  readonly pid: number;
  readonly startedMs: number;
  readonly cpuAtStartMs: number;
  /** The kernel counts the worker's own peak for this call: it was alone on its worker when it began. */
  readonly exact: boolean;
  readonly onReading: ((reading: UsageReading) => void) | null;
  /** When a reading is told next. */
  tellAtMs: number;
  memoryPeakMb: number;
  gpuPeakMb: number | null;
  cpuLastMs: number;
}

const INTERVAL_MS = 250;
/** Readings are told so often at most. */
const TELL_MS = 1000;
/** Calls of one worker share what was read this long ago: many short ones at a time cost one reading together. */
const SHARED_MS = 100;
/** The kernel counts processor time in steps of this length, and in a shorter call no child gets anywhere. */
const SHORT_MS = 10;
/** How long the end of a call waits for a young figure of the GPU; an older one must do where the monitor is slow. */
const GPU_ANSWER_MS = 500;

/**
 * Watches the process trees of running calls: one timer for all of them, none while nothing runs. Between samples the
 * kernel keeps the worker's own peak, which is exact for a worker without children.
 */
export class UsageSampler implements Disposable {
  readonly #clock: Clock;
  readonly #trees: ProcessTrees;
  readonly #peaks: PeakMeter;
  readonly #gpu: GpuMeter;
  readonly #running = new Set<Measurement>();
  #stopTimer: (() => void) | null = null;

  constructor(clock: Clock, trees: ProcessTrees, gpu: GpuMeter) {
    this.#clock = clock;
    this.#trees = trees;
    this.#peaks = new PeakMeter(clock);
    this.#gpu = gpu;
  }

  /**
   * Begins to measure the tree of `pid`; the returned function ends it and says what it was.
   * @param onReading hears once a second what is used now; short calls end before
   */
  start(pid: number, onReading: ((reading: UsageReading) => void) | null = null): () => Promise<MeasuredUse> {
    const { memoryMb, cpuMs } = this.#trees.recent(pid, SHARED_MS) ?? { memoryMb: 0, cpuMs: 0 };
    const alone = [...this.#running].every((running) => running.pid !== pid);
    const startedMs = this.#clock.monotonicMs();
    const measurement: Measurement = {
      pid,
      startedMs,
      onReading,
      tellAtMs: startedMs + TELL_MS,
      cpuAtStartMs: cpuMs,
      exact: alone && this.#peaks.begin(pid),
      memoryPeakMb: memoryMb,
      gpuPeakMb: null,
      cpuLastMs: cpuMs,
    };
    this.#running.add(measurement);
    this.#schedule();
    return () => this.#finish(measurement);
  }

  [Symbol.dispose](): void {
    this.#stopTimer?.();
    this.#running.clear();
  }

  async #finish(measurement: Measurement): Promise<MeasuredUse> {
    const durationMs = this.#clock.monotonicMs() - measurement.startedMs;
    // What was read before a longer call began says nothing of it.
    this.#sample(measurement, durationMs < SHORT_MS ? SHARED_MS : Math.min(SHARED_MS, durationMs));
    this.#running.delete(measurement);
    const own = measurement.exact ? this.#peaks.end(measurement.pid, durationMs) : null;
    const gpuMb = await this.#gpuMemoryMb(measurement.pid);
    const cpuMs = Math.max(0, measurement.cpuLastMs - measurement.cpuAtStartMs);
    return {
      memoryPeakMb: Math.max(measurement.memoryPeakMb, own ?? 0),
      gpuMemoryPeakMb: gpuMb === null ? measurement.gpuPeakMb : Math.max(measurement.gpuPeakMb ?? 0, gpuMb),
      cpuPercent: durationMs > 0 ? (cpuMs / durationMs) * 100 : 0,
      durationMs,
    };
  }

  async #gpuMemoryMb(pid: number): Promise<number | null> {
    if (!this.#gpu.isAskedFor()) return this.#gpu.lastGpuMemoryMb(pid);
    const late = Promise.withResolvers<number | null>();
    const cancelTimer = this.#clock.schedule(GPU_ANSWER_MS, () => late.resolve(this.#gpu.lastGpuMemoryMb(pid)));
    try {
      return await Promise.race([this.#gpu.gpuMemoryMb(pid), late.promise]);
    } finally {
      cancelTimer();
    }
  }

  #schedule(): void {
    if (this.#stopTimer !== null || this.#running.size === 0) return;
    this.#stopTimer = this.#clock.schedule(INTERVAL_MS, () => {
      this.#stopTimer = null;
      void this.#gpu.refresh();
      for (const measurement of this.#running) {
        this.#sample(measurement, SHARED_MS);
        this.#tell(measurement);
      }
      this.#schedule();
    });
  }

  #tell(measurement: Measurement): void {
    const { pid, onReading, startedMs, cpuAtStartMs, cpuLastMs, tellAtMs } = measurement;
    const nowMs = this.#clock.monotonicMs();
    if (onReading === null || nowMs < tellAtMs) return;
    measurement.tellAtMs = nowMs + TELL_MS;
    const use = this.#trees.last(pid);
    if (use === null) return;
    const cpuPercent = (Math.max(0, cpuLastMs - cpuAtStartMs) / (nowMs - startedMs)) * 100;
    tell(onReading, { workerPid: pid, memoryMb: use.memoryMb, gpuMb: this.#gpu.lastGpuMemoryMb(pid), cpuPercent });
  }

  #sample(measurement: Measurement, maxAgeMs: number): void {
    const gpuMb = this.#gpu.lastGpuMemoryMb(measurement.pid);
    if (gpuMb !== null) measurement.gpuPeakMb = Math.max(measurement.gpuPeakMb ?? 0, gpuMb);
    const use = this.#trees.recent(measurement.pid, maxAgeMs);
    if (use !== null) fold(measurement, use);
    else if (process.platform !== "linux") void sampleElsewhere(measurement);
  }
}

/** Systems without `/proc`: the worker alone, since asking for its descendants would start a program for every sample. */
async function sampleElsewhere(measurement: Measurement): Promise<void> {
  try {
    const { memory, ctime } = await pidusage(measurement.pid);
    fold(measurement, { memoryMb: memory / 1024 / 1024, cpuMs: ctime });
  } catch {
    // The process is gone; what was measured before stands.
  }
}

function fold(measurement: Measurement, { memoryMb, cpuMs }: TreeUse): void {
  measurement.memoryPeakMb = Math.max(measurement.memoryPeakMb, memoryMb);
  measurement.cpuLastMs = Math.max(measurement.cpuLastMs, cpuMs);
}
