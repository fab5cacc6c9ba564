/** What runs of one instance with one configuration took, aggregated over successful and failed runs. MB are MiB. */
export interface ResourceProfile {
  readonly instanceId: string;
  readonly capabilityName: string;
  readonly configHash: string;
  readonly sampleCount: number;
  readonly successCount: number;
  readonly cpuPercentMean: number;
  readonly memoryPeakMaxMb: number;
  readonly memoryPeakMeanMb: number;
  readonly gpuMemoryPeakMaxMb: number;
  readonly gpuMemoryPeakMeanMb: number;
  readonly durationMeanMs: number;
  /** Unix milliseconds. */
  readonly lastObservedAt: number;
  /** Sums of what calls reported through `reportUsage`, by unit. */
  readonly usageTotals: Readonly<Record<string, number>>;
  readonly sizes: ResourceSizes;
}

/** What a run takes, as far as runs that succeeded tell: their highest peaks, MiB. Null: none of them was measured. */
export interface ResourceSizes {
  readonly memoryMb: number | null;
  readonly gpuMb: number | null;
}

/** What one run took. `gpuMemoryPeakMb` null: not measured, which is not the same as zero. */
export interface ResourceSample {
  readonly cpuPercent: number;
  readonly memoryPeakMb: number;
  readonly gpuMemoryPeakMb: number | null;
  readonly durationMs: number;
  readonly success: boolean;
  readonly observedAt: number;
  readonly usage: Readonly<Record<string, number>>;
}

/** What the system monitor says of this machine. Null: not measured. MB are MiB. */
export interface SystemStatus {
  readonly memoryAvailableMb: number | null;
  readonly gpuType: string | null;
  readonly gpuTotalMb: number | null;
  readonly gpuFreeMb: number | null;
  readonly gpuLoadPercent: number | null;
  /** Each device by itself. @default unknown: the figures above are all there is */
  readonly gpus?: readonly GpuDevice[];
}

/** One GPU. Null: not measured. MiB. */
export interface GpuDevice {
  readonly index: number;
  readonly totalMb: number | null;
  readonly freeMb: number | null;
}
