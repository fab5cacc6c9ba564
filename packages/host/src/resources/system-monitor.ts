import type { SystemStatus } from "@cjm/core";
import { readProcessTree } from "../workers/process-tree.ts";
import type { WorkerClient } from "../workers/worker-client.ts";

const PROCESSES_FRESH_MS = 1_000;

/**
 * The machine as the system monitor sees it. The instance is looked up at every use, so that a monitor that was restarted
 * is found again. Null means not measured, which is not zero.
 */
export class SystemMonitor {
  readonly #client: () => WorkerClient | null;
  #hasGpu: boolean | null = null;
  #processes: {
    readonly atMs: number;
    readonly list: Promise<readonly { pid: number; gpu_memory_mb?: number | null | undefined }[]>;
  } | null = null;

  constructor(client: () => WorkerClient | null) {
    this.#client = client;
  }

  async status(signal?: AbortSignal): Promise<SystemStatus | null> {
    const client = this.#client();
    if (client === null) return null;
    try {
      const status = await client.systemStatus(signal);
      this.#hasGpu = (status.gpu_total_memory_mb ?? 0) > 0;
      return {
        memoryAvailableMb: status.memory_available_mb ?? null,
        gpuType: this.#hasGpu ? (status.gpu_type ?? null) : null,
        gpuTotalMb: this.#hasGpu ? (status.gpu_total_memory_mb ?? null) : null,
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
    try {
      const processes = await this.#listProcesses();
      if (processes === null) return null;
      const tree = new Set(readProcessTree(rootPid).map(({ pid }) => pid));
      return processes.filter(({ pid }) => tree.has(pid)).reduce((sum, { gpu_memory_mb }) => sum + (gpu_memory_mb ?? 0), 0);
    } catch {
      return null;
    }
  }

  /** One list a second at most, shared by all calls that end within it. */
  async #listProcesses(): Promise<readonly { pid: number; gpu_memory_mb?: number | null | undefined }[] | null> {
    const client = this.#client();
    if (client === null) return null;
    const now = performance.now();
    if (this.#processes === null || now - this.#processes.atMs > PROCESSES_FRESH_MS)
      this.#processes = { atMs: now, list: client.processes() };
    return await this.#processes.list;
  }
}
