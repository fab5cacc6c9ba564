import type { SystemStatus } from "@cjm/core";
import type { AdmissionInput, AdmissionLimits, Demand, PendingHead, Reservation } from "./admission-input.ts";

/**
 * What one rule says of one job. `wait` without a reason: it is in line behind other jobs, which explains itself. `blocked`:
 * resources hold it up, and it must not wait for ever while smaller jobs pass.
 */
export type Verdict =
  | { readonly kind: "admit"; readonly exclusive: boolean }
  | { readonly kind: "wait"; readonly reason: string | null }
  | Blocked
  | { readonly kind: "never"; readonly shortfall: Shortfall };

export interface Blocked {
  readonly kind: "blocked";
  readonly reason: string;
  /** `jobs`: what runs now has reserved it. `machine`: it is in use, which only a new answer of the system monitor can change. */
  readonly by: "jobs" | "machine";
  /** Jobs of ours hold some of it, so that holding back others helps. */
  readonly ours: boolean;
}

export interface Shortfall {
  readonly resource: "gpu_vram_mb" | "system_ram_mb";
  readonly needed: number;
  readonly available: number;
}

const LINE: Verdict = { kind: "wait", reason: null };

/** The ladder that every head climbs; the first rule that does not let it pass decides. */
export function judge(head: PendingHead, input: AdmissionInput): Verdict {
  return (
    instanceCap(head, input.running) ??
    hold(head) ??
    neverFits(head, input.limits, input.status) ??
    alone(head, input) ??
    gpuRoom(head, input) ??
    memoryRoom(head, input) ?? { kind: "admit", exclusive: false }
  );
}

function instanceCap({ instanceId, cap }: PendingHead, running: readonly Reservation[]): Verdict | null {
  return running.filter((job) => job.instanceId === instanceId).length < cap ? null : LINE;
}

function hold({ hold: held }: PendingHead): Verdict | null {
  return held === null ? null : { kind: "wait", reason: held.reason };
}

/** More than this machine can ever give. GPU memory of an unknown machine cannot be judged. */
function neverFits({ demand }: PendingHead, limits: AdmissionLimits, status: SystemStatus | null): Verdict | null {
  if (demand === null) return null;
  const budget = gpuBudgetMb(limits, status);
  if (budget !== null && demand.gpuMb > budget) {
    return { kind: "never", shortfall: { resource: "gpu_vram_mb", needed: demand.gpuMb, available: budget } };
  }
  if (demand.memoryMb > limits.machineMemoryMb) {
    return { kind: "never", shortfall: { resource: "system_ram_mb", needed: demand.memoryMb, available: limits.machineMemoryMb } };
  }
  return null;
}

/** What was never measured runs alone, and so does GPU work that nobody could account for. */
function alone({ demand, gpuUnmeasured }: PendingHead, { running, limits, status }: AdmissionInput): Verdict | null {
  const why =
    demand === null
      ? "its first run measures what it takes"
      : gpuUnmeasured
        ? "it uses a GPU, and nobody has measured how much of it"
        : demand.gpuMb > 0 && (gpuBudgetMb(limits, status) === null || status?.gpuFreeMb == null)
          ? `it takes ${mb(demand.gpuMb)} of GPU memory and no system monitor reports what is free`
          : null;
  if (why === null) return null;
  if (running.length === 0) return { kind: "admit", exclusive: true };
  return { kind: "blocked", reason: `waits to run alone: ${why}`, by: "jobs", ours: true };
}

function gpuRoom({ demand, resident }: PendingHead, { running, limits, status }: AdmissionInput): Verdict | null {
  const budget = gpuBudgetMb(limits, status);
  if (demand === null || demand.gpuMb === 0 || budget === null || status?.gpuFreeMb == null) return null;
  const reserved = sum(running, (job) => job.gpuMb);
  if (reserved + demand.gpuMb > budget) {
    const held = `${mb(reserved)} of ${mb(budget)} are reserved by running jobs`;
    return { kind: "blocked", reason: `awaiting ${mb(demand.gpuMb)} of GPU memory: ${held}`, by: "jobs", ours: true };
  }
  const free = status.gpuFreeMb - sum(running, (job) => Math.max(0, job.gpuMb - (job.resident?.gpuMb ?? 0)));
  if (demand.gpuMb - (resident?.gpuMb ?? 0) <= free) return null;
  return {
    kind: "blocked",
    reason: `awaiting ${mb(demand.gpuMb)} of GPU memory: held by resident idle models or other processes`,
    by: "machine",
    ours: reserved > 0,
  };
}

function memoryRoom({ demand, resident }: PendingHead, { running, limits, status }: AdmissionInput): Verdict | null {
  if (demand === null) return null;
  const reserved = sum(running, (job) => job.memoryMb);
  if (reserved + demand.memoryMb > limits.machineMemoryMb) {
    const held = `${mb(reserved)} of ${mb(limits.machineMemoryMb)} are reserved by running jobs`;
    return { kind: "blocked", reason: `awaiting ${mb(demand.memoryMb)} of memory: ${held}`, by: "jobs", ours: true };
  }
  if (status?.memoryAvailableMb == null) return null;
  const available = status.memoryAvailableMb - sum(running, (job) => Math.max(0, job.memoryMb - (job.resident?.memoryMb ?? 0)));
  if (demand.memoryMb - (resident?.memoryMb ?? 0) <= available) return null;
  return {
    kind: "blocked",
    reason: `awaiting ${mb(demand.memoryMb)} of memory: held by other processes`,
    by: "machine",
    ours: reserved > 0,
  };
}

/**
 * Whether starting `demand` could delay `starving`, which waits for what runs now to end: what started since it began to
 * starve may still be there then, so that much, the newcomer and the starving one must fit together. Of the lanes one is
 * kept for it only if jobs are all it waits for.
 */
export function delays(
  demand: Demand | null,
  starving: { readonly head: PendingHead; readonly by: Blocked["by"] },
  input: AdmissionInput,
): boolean {
  const { running, limits, status } = input;
  const { head, by } = starving;
  if (head.demand === null || demand === null) return true;
  const budget = gpuBudgetMb(limits, status);
  if (head.demand.gpuMb > 0 && budget === null) return true;
  const since = (head.blockedSinceMs ?? input.nowMs) + limits.starvingAfterMs;
  const passed = running.filter((job) => job.sinceMs >= since);
  return (
    (by === "jobs" && passed.length + 2 > limits.lanes) ||
    sum(passed, (job) => job.memoryMb) + demand.memoryMb + head.demand.memoryMb > limits.machineMemoryMb ||
    (head.demand.gpuMb > 0 && sum(passed, (job) => job.gpuMb) + demand.gpuMb + head.demand.gpuMb > (budget ?? 0))
  );
}

export function gpuBudgetMb(limits: AdmissionLimits, status: SystemStatus | null): number | null {
  return status?.gpuTotalMb == null || status.gpuTotalMb <= 0 ? null : status.gpuTotalMb * limits.gpuHeadroomFraction;
}

function sum(jobs: readonly Reservation[], of: (job: Reservation) => number): number {
  return jobs.reduce((total, job) => total + of(job), 0);
}

function mb(value: number): string {
  return `${Math.round(value)} MB`;
}
