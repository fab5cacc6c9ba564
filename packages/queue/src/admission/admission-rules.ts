import type { SystemStatus } from "@cjm/core";
import type { AdmissionInput, AdmissionLimits, Demand, PendingHead, Reservation } from "./admission-input.ts";
import { gpuBudgetMb, gpuRoomFor } from "./gpu-room.ts";

/**
 * What one rule says of one job. `wait` without a reason: it is in line behind other jobs, which explains itself. `blocked`:
 * resources hold it up, and it must not wait for ever while smaller jobs pass.
 */
export type Verdict =
  | { readonly kind: "admit"; readonly exclusive: boolean; readonly gpuDevice: number | null }
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
  /** What is missing; null: it waits to run alone. */
  readonly missing: Missing | null;
}

/** MiB. */
export interface Missing {
  readonly resource: "gpu" | "memory";
  readonly neededMb: number;
  readonly availableMb: number;
  readonly shortfallMb: number;
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
    memoryRoom(head, input) ?? { kind: "admit", exclusive: false, gpuDevice: deviceFor(head, input) }
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
  if (running.length === 0) return { kind: "admit", exclusive: true, gpuDevice: null };
  return { kind: "blocked", reason: `waits to run alone: ${why}`, by: "jobs", ours: true, missing: null };
}

function deviceFor(head: PendingHead, input: AdmissionInput): number | null {
  return (head.demand?.gpuMb ?? 0) === 0 ? null : (gpuRoomFor(head, input)?.device ?? null);
}

function gpuRoom(head: PendingHead, input: AdmissionInput): Verdict | null {
  const neededMb = head.demand?.gpuMb ?? 0;
  const room = neededMb === 0 ? null : gpuRoomFor(head, input);
  if (room === null || room.fits) return null;
  const { budgetMb, reservedMb, freeMb, shortfallMb, device } = room;
  const where = device === null ? "GPU memory" : `memory of GPU ${device}`;
  if (reservedMb + neededMb > budgetMb) {
    const availableMb = budgetMb - reservedMb;
    const reason = `awaiting ${mb(neededMb)} of ${where}: ${mb(reservedMb)} of ${mb(budgetMb)} are reserved by running jobs`;
    return {
      kind: "blocked",
      reason,
      by: "jobs",
      ours: true,
      missing: { resource: "gpu", neededMb, availableMb, shortfallMb: neededMb - availableMb },
    };
  }
  const reason = `awaiting ${mb(neededMb)} of ${where}: held by resident idle models or other processes`;
  return {
    kind: "blocked",
    reason,
    by: "machine",
    ours: reservedMb > 0,
    missing: { resource: "gpu", neededMb, availableMb: freeMb, shortfallMb },
  };
}

function memoryRoom({ demand, resident }: PendingHead, { running, limits, status }: AdmissionInput): Verdict | null {
  if (demand === null) return null;
  const neededMb = demand.memoryMb;
  const reserved = sum(running, heldMemoryMb);
  if (reserved + neededMb > limits.machineMemoryMb) {
    const availableMb = limits.machineMemoryMb - reserved;
    const reason = `awaiting ${mb(neededMb)} of memory: ${mb(reserved)} of ${mb(limits.machineMemoryMb)} are reserved by running jobs`;
    return {
      kind: "blocked",
      reason,
      by: "jobs",
      ours: true,
      missing: { resource: "memory", neededMb, availableMb, shortfallMb: neededMb - availableMb },
    };
  }
  if (status?.memoryAvailableMb == null) return null;
  const availableMb = status.memoryAvailableMb - sum(running, (job) => Math.max(0, heldMemoryMb(job) - (job.resident?.memoryMb ?? 0)));
  const shortfallMb = neededMb - (resident?.memoryMb ?? 0) - availableMb;
  if (shortfallMb <= 0) return null;
  const reason = `awaiting ${mb(neededMb)} of memory: held by idle workers or other processes`;
  return {
    kind: "blocked",
    reason,
    by: "machine",
    ours: reserved > 0,
    missing: { resource: "memory", neededMb, availableMb, shortfallMb },
  };
}

function heldMemoryMb(job: Reservation): number {
  return job.plateau?.memoryMb ?? job.memoryMb;
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

function sum(jobs: readonly Reservation[], of: (job: Reservation) => number): number {
  return jobs.reduce((total, job) => total + of(job), 0);
}

function mb(value: number): string {
  return `${Math.round(value)} MB`;
}
