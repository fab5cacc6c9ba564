import type { CallContext } from "./call-context.ts";

/** A snapshot of the machine. MB are MiB; GPU fields sum over all devices; `gpu_type` is `"None"` without one. */
export interface MachineStatus {
  readonly cpu_percent: number;
  readonly memory_total_mb: number;
  readonly memory_available_mb: number;
  readonly memory_used_mb: number;
  readonly gpu_type: string;
  readonly gpu_total_memory_mb: number;
  readonly gpu_free_memory_mb: number;
  readonly gpu_used_memory_mb: number;
  readonly gpu_load_percent: number;
}

/** A process on one GPU. A process stands once per device it uses. */
export interface GpuProcess {
  readonly pid: number;
  readonly gpu_index: number;
  readonly gpu_memory_mb: number;
  readonly command: string;
}

/** A capability that also has these two methods serves the host's admission decisions. */
export interface SystemMonitor {
  getSystemStatus(ctx: CallContext): MachineStatus | Promise<MachineStatus>;
  listProcesses(ctx: CallContext): readonly GpuProcess[] | Promise<readonly GpuProcess[]>;
}
