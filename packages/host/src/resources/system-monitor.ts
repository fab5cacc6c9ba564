import type { Clock, GpuDevice, SystemStatus } from "@cjm/core";
import type { WorkerClient } from "../workers/worker-client.ts";
import { attributeGpu, type GpuProcessEntry } from "./gpu-attribution.ts";

/** Younger than this, a list of GPU processes is taken as it is. */
const FRESH_MS = 1_000;
/** Older than this, it says nothing about now. */
const USABLE_MS = 15_000;

type SystemStatusReply = Awaited<ReturnType<WorkerClient["systemStatus"]>>;

interface ProcessList {
  readonly atMs: number;
  readonly processes: readonly GpuProcessEntry[];
}

interface MonitorParts {
  /** Looked up at every use, so that a monitor that was restarted is found again, and started when its worker is gone. */
  readonly client: (signal?: AbortSignal) => Promise<Pick<WorkerClient, "systemStatus" | "processes"> | null>;
  /** A monitor was named and is loaded. */
  readonly isThere: () => boolean;
  /** Who belongs to the tree of a worker. */
  readonly pidsOf: (rootPid: number) => ReadonlySet<number>;
  readonly clock: Clock;
}

/** The machine as the system monitor sees it. Null means not measured, which is not zero. */
export class SystemMonitor {
  readonly #parts: MonitorParts;
  #hasGpu: boolean | null = null;
  #list: ProcessList | null = null;
  #request: Promise<ProcessList | null> | null = null;
  #silentSinceMs: number | null = null;

  constructor(parts: MonitorParts) {
    this.#parts = parts;
  }

  async status(signal?: AbortSignal): Promise<SystemStatus | null> {
    try {
      const client = await this.#parts.client(signal);
      if (client === null) return null;
      const status = await client.systemStatus(signal);
      this.#silentSinceMs = null;
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
        ...devicesOf(status.gpus),
      };
    } catch {
      if (signal?.aborted !== true) this.#silentSinceMs = this.#parts.clock.monotonicMs();
      return null;
    }
  }

  /** Asking could bring a younger figure of the GPU than the last. */
  isAskedFor(): boolean {
    return this.#parts.isThere() && this.#hasGpu !== false && !this.#isSilent() && !this.#isFresh();
  }

  /** GPU memory of a process tree, MiB: zero on a machine that has no GPU, null without a monitor that answers. */
  async gpuMemoryMb(rootPid: number): Promise<number | null> {
    // Every call asks this at its end: one that hangs must not hold up each of them anew.
    if (this.#isSilent()) return this.lastGpuMemoryMb(rootPid);
    if (this.#hasGpu === null) await this.status();
    await this.refresh();
    return this.lastGpuMemoryMb(rootPid);
  }

  /** The same by the last list, without asking; null when that is too old, or there is none. */
  lastGpuMemoryMb(rootPid: number): number | null {
    if (this.#hasGpu !== true) return this.#hasGpu === false ? 0 : null;
    if (this.#list === null || this.#parts.clock.monotonicMs() - this.#list.atMs > USABLE_MS) return null;
    return attributeGpu(this.#list.processes, this.#parts.pidsOf(rootPid))?.memoryMb ?? null;
  }

  /** A young list of what is on the GPU: one request at a time, one a second at most, shared by all who ask. */
  async refresh(): Promise<void> {
    if (this.#hasGpu !== true || this.#isSilent()) return;
    if (this.#isFresh()) return;
    this.#request ??= this.#ask().finally(() => {
      this.#request = null;
    });
    this.#list = (await this.#request) ?? this.#list;
  }

  #isFresh(): boolean {
    return this.#list !== null && this.#parts.clock.monotonicMs() - this.#list.atMs < FRESH_MS;
  }

  #isSilent(): boolean {
    return this.#silentSinceMs !== null && this.#parts.clock.monotonicMs() - this.#silentSinceMs < USABLE_MS;
  }

  async #ask(): Promise<ProcessList | null> {
    const { client, clock } = this.#parts;
    try {
      const processes = (await (await client())?.processes()) ?? null;
      return processes === null ? null : { atMs: clock.monotonicMs(), processes };
    } catch {
      this.#silentSinceMs = clock.monotonicMs();
      return null;
    }
  }
}

/** Monitors of the original do not tell devices apart. */
function devicesOf(gpus: SystemStatusReply["gpus"]): { readonly gpus?: readonly GpuDevice[] } {
  if (gpus == null || gpus.length === 0) return {};
  return { gpus: gpus.map(({ index, total_mb, free_mb }) => ({ index, totalMb: total_mb ?? null, freeMb: free_mb ?? null })) };
}
