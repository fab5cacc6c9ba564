import type { ResourceProfile, ResourceSample } from "./resource-profile.ts";

/** What a profile is kept by. */
export interface ProfileKey {
  readonly instanceId: string;
  readonly capabilityName: string;
  readonly configHash: string;
}

/** Running means and maxima over all samples, failed ones included, as the original keeps them; sizes over successful ones. */
export function foldSample(before: ResourceProfile | null, key: ProfileKey, sample: ResourceSample): ResourceProfile {
  const count = (before?.sampleCount ?? 0) + 1;
  const mean = (old: number | undefined, value: number): number => (old === undefined ? value : old + (value - old) / count);
  const gpuMb = sample.gpuMemoryPeakMb ?? before?.gpuMemoryPeakMeanMb ?? 0;
  const usageTotals: Record<string, number> = { ...before?.usageTotals };
  for (const [unit, value] of Object.entries(sample.usage)) usageTotals[unit] = (usageTotals[unit] ?? 0) + value;
  return {
    ...key,
    sampleCount: count,
    successCount: (before?.successCount ?? 0) + (sample.success ? 1 : 0),
    cpuPercentMean: mean(before?.cpuPercentMean, sample.cpuPercent),
    memoryPeakMaxMb: Math.max(before?.memoryPeakMaxMb ?? 0, sample.memoryPeakMb),
    memoryPeakMeanMb: mean(before?.memoryPeakMeanMb, sample.memoryPeakMb),
    gpuMemoryPeakMaxMb: Math.max(before?.gpuMemoryPeakMaxMb ?? 0, sample.gpuMemoryPeakMb ?? 0),
    gpuMemoryPeakMeanMb: mean(before?.gpuMemoryPeakMeanMb, gpuMb),
    durationMeanMs: mean(before?.durationMeanMs, sample.durationMs),
    lastObservedAt: sample.observedAt,
    usageTotals,
    sizes: sample.success
      ? {
          memoryMb: highest(before?.sizes.memoryMb, sample.memoryPeakMb),
          gpuMb: highest(before?.sizes.gpuMb, sample.gpuMemoryPeakMb),
        }
      : (before?.sizes ?? { memoryMb: null, gpuMb: null }),
  };
}

/** The higher of two figures, of which either may not have been measured. */
function highest(before: number | null | undefined, value: number | null): number | null {
  if (before == null || value === null) return before ?? value;
  return Math.max(before, value);
}
