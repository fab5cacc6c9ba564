import type { SystemStatus } from "@cjm/core";
import type { AdmissionInput, AdmissionLimits, Demand, PendingHead, Reservation } from "./admission-input.ts";
import { fitsBeside, gpuBudgetMb, gpuRoomFor } from "./gpu-room.ts";
import { comingMb, creditMb, heldIdleMb, heldMb, sum } from "./worker-memory.ts";

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
  /** Jobs of ours hold some of it, or idle workers of ours that other jobs want hold all that is missing: holding back others helps. */
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
    ours: reservedMb > 0 || heldIdleMb(input, head.instanceId, "gpuMb") >= shortfallMb,
    missing: { resource: "gpu", neededMb, availableMb: freeMb, shortfallMb },
  };
}

function memoryRoom(head: PendingHead, input: AdmissionInput): Verdict | null {
  const { running, limits, status } = input;
  if (head.demand === null) return null;
  const neededMb = head.demand.memoryMb;
  const reserved = sum(running.map((job) => heldMb(job, "memoryMb")));
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
  const availableMb = status.memoryAvailableMb - comingMb(running, "memoryMb");
  const shortfallMb = neededMb - creditMb(head, running, "memoryMb") - availableMb;
  if (shortfallMb <= 0) return null;
  const reason = `awaiting ${mb(neededMb)} of memory: held by idle workers or other processes`;
  return {
    kind: "blocked",
    reason,
    by: "machine",
    ours: reserved > 0 || heldIdleMb(input, head.instanceId, "memoryMb") >= shortfallMb,
    missing: { resource: "memory", neededMb, availableMb, shortfallMb },
  };
}

/** A job that waits for resources and must not be passed by what would delay it. */
export interface StarvingHead {
  readonly head: PendingHead;
  readonly by: Blocked["by"];
}

/** A job that could start, on the device that it would get. */
export interface Newcomer {
  readonly demand: Demand | null;
  readonly gpuDevice: number | null;
}

/**
 * Whether starting a newcomer could delay `starving`, which waits for what runs now to end: what started since it began to
 * starve may still be there then, so that much, the newcomer and the starving one must fit together, on one device if it is one
 * that it needs. Of the lanes one is kept for it only if jobs are all it waits for.
 */
export function delays({ demand, gpuDevice }: Newcomer, { head, by }: StarvingHead, input: AdmissionInput): boolean {
  const { running, limits } = input;
  if (head.demand === null || demand === null) return true;
  const since = (head.blockedSinceMs ?? input.nowMs) + limits.starvingAfterMs;
  const passed = [...running.filter((job) => job.sinceMs >= since), { ...demand, gpuDevice }];
  return (
    (by === "jobs" && passed.length + 1 > limits.lanes) ||
    sum(passed.map(({ memoryMb }) => memoryMb)) + head.demand.memoryMb > limits.machineMemoryMb ||
    (head.demand.gpuMb > 0 && !fitsBeside(head.demand, passed, input))
  );
}

function mb(value: number): string {
  return `${Math.round(value)} MB`;
}
