import type { CallContext } from "./call-context.ts";

/** One device. MB are MiB. Null: not measured. */
export interface GpuStatus {
  readonly index: number;
  readonly name: string;
  readonly uuid: string | null;
  readonly total_mb: number | null;
  readonly free_mb: number | null;
  readonly load_percent: number | null;
  /** It has no memory of its own and uses the machine's, whose figures are then its own. @default false */
  readonly unified_memory?: boolean;
}

/**
 * A snapshot of the machine. MB are MiB. GPU fields sum over all devices, `gpu_load_percent` is that of the busiest; without a
 * device `gpu_type` is `"None"` and the figures are zero. Null: there is a device, and this is not measured.
 */
export interface MachineStatus {
  readonly cpu_percent: number;
  readonly memory_total_mb: number;
  readonly memory_available_mb: number;
  readonly memory_used_mb: number;
  readonly gpu_type: string;
  readonly gpu_total_memory_mb: number | null;
  readonly gpu_free_memory_mb: number | null;
  readonly gpu_used_memory_mb: number | null;
  readonly gpu_load_percent: number | null;
  /** Each device by itself. */
  readonly gpus?: readonly GpuStatus[];
}

/** A process on one GPU. A process stands once per device it uses. Null: the driver does not tell. */
export interface GpuProcess {
  readonly pid: number;
  readonly gpu_index: number | null;
  readonly gpu_memory_mb: number | null;
  readonly command: string;
}

/**
 * A capability that also has these two methods serves the host's admission decisions. Throw for what cannot be measured now: an
 * empty list and a zero are figures.
 */
export interface SystemMonitor {
  getSystemStatus(ctx: CallContext): MachineStatus | Promise<MachineStatus>;
  listProcesses(ctx: CallContext): readonly GpuProcess[] | Promise<readonly GpuProcess[]>;
}
