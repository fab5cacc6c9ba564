import type { Clock, SystemStatus } from "@cjm/core";
import { readProcessTree } from "../workers/process-tree.ts";
import type { WorkerClient } from "../workers/worker-client.ts";
import { attributeGpu, type GpuProcessEntry } from "./gpu-attribution.ts";

/** Younger than this, a list of GPU processes is taken as it is. */
const FRESH_MS = 1_000;
/** Older than this, it says nothing about now. */
const USABLE_MS = 15_000;

interface ProcessList {
  readonly atMs: number;
  readonly processes: readonly GpuProcessEntry[];
}

/**
 * The machine as the system monitor sees it. The instance is looked up at every use, so that a monitor that was restarted
 * is found again. Null means not measured, which is not zero.
 */
export class SystemMonitor {
  readonly #client: () => WorkerClient | null;
  readonly #clock: Clock;
  #hasGpu: boolean | null = null;
  #list: ProcessList | null = null;
  #request: Promise<ProcessList | null> | null = null;

  constructor(client: () => WorkerClient | null, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  async status(signal?: AbortSignal): Promise<SystemStatus | null> {
    const client = this.#client();
    if (client === null) return null;
    try {
      const status = await client.systemStatus(signal);
      const totalMb = status.gpu_total_memory_mb ?? null;
      // A device whose memory nobody can tell, as where it shares the machine's, is no missing device.
      this.#hasGpu = totalMb === null ? (status.gpus ?? []).length > 0 : totalMb > 0;
      // What idle models hold is asked for right after the status; it must be as young.
      if (this.#hasGpu) await this.refresh();
      return {
        memoryAvailableMb: status.memory_available_mb ?? null,
        gpuType: this.#hasGpu ? (status.gpu_type ?? null) : null,
        gpuTotalMb: this.#hasGpu ? totalMb : null,
        gpuFreeMb: this.#hasGpu ? (status.gpu_free_memory_mb ?? null) : null,
        gpuLoadPercent: this.#hasGpu ? (status.gpu_load_percent ?? null) : null,
      };
    } catch {
      return null;
    }
  }

  /** GPU memory of a process tree, MiB: zero on a machine that has no GPU, null without a monitor that answers. */
  async gpuMemoryMb(rootPid: number): Promise<number | null> {
    if (this.#hasGpu === null) await this.status();
    if (this.#hasGpu !== true) return this.#hasGpu === false ? 0 : null;
    await this.refresh();
    return this.lastGpuMemoryMb(rootPid);
  }

  /** The same by the last list, without asking; null when that is too old, or there is none. */
  lastGpuMemoryMb(rootPid: number): number | null {
    if (this.#hasGpu === false) return 0;
    if (this.#list === null || this.#clock.monotonicMs() - this.#list.atMs > USABLE_MS) return null;
    const tree = new Set(readProcessTree(rootPid).map(({ pid }) => pid));
    return attributeGpu(this.#list.processes, tree)?.memoryMb ?? null;
  }

  /** A young list of what is on the GPU: one request at a time, one a second at most, shared by all who ask. */
  async refresh(): Promise<void> {
    if (this.#hasGpu !== true) return;
    if (this.#list !== null && this.#clock.monotonicMs() - this.#list.atMs < FRESH_MS) return;
    this.#request ??= this.#ask().finally(() => {
      this.#request = null;
    });
    this.#list = await this.#request;
  }

  async #ask(): Promise<ProcessList | null> {
    try {
      const processes = (await this.#client()?.processes()) ?? null;
      return processes === null ? null : { atMs: this.#clock.monotonicMs(), processes };
    } catch {
      return null;
    }
  }
}
