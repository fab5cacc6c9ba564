import type { Demand } from "./admission-input.ts";

/** What a running job has been seen to hold. MiB, monotonic milliseconds. */
export interface Growth {
  readonly highest: Demand;
  /** When it last grew. */
  readonly grewAtMs: number;
}

/** Growth by less than this share is none. */
const NOISE = 0.02;
/** As long as this without growth, a job has taken what it takes. */
const LEVEL_MS = 5_000;

/** Folds what a job holds now into what it was seen to hold. What nobody measured says nothing. */
export function grown(
  before: Growth | null,
  resident: { readonly memoryMb: number | null; readonly gpuMb: number | null } | null,
  nowMs: number,
): Growth | null {
  if (resident === null || (resident.memoryMb === null && resident.gpuMb === null)) return before;
  const now = { memoryMb: resident.memoryMb ?? before?.highest.memoryMb ?? 0, gpuMb: resident.gpuMb ?? before?.highest.gpuMb ?? 0 };
  if (before === null) return { highest: now, grewAtMs: nowMs };
  const { highest } = before;
  const grew = now.memoryMb > highest.memoryMb * (1 + NOISE) || now.gpuMb > highest.gpuMb * (1 + NOISE);
  return {
    highest: { memoryMb: Math.max(highest.memoryMb, now.memoryMb), gpuMb: Math.max(highest.gpuMb, now.gpuMb) },
    grewAtMs: grew ? nowMs : before.grewAtMs,
  };
}

/**
 * What a job levelled off at; null: it may still grow. A job that holds less than half of what earlier runs took at their
 * highest has not got there yet, however long it stands: models are loaded late.
 */
export function plateauOf(growth: Growth | null, demand: Demand, nowMs: number): Demand | null {
  if (growth === null || nowMs - growth.grewAtMs < LEVEL_MS) return null;
  const { highest } = growth;
  return highest.gpuMb * 2 < demand.gpuMb || highest.memoryMb * 2 < demand.memoryMb ? null : highest;
}
