import type { SystemStatus } from "@cjm/core";
import type { AdmissionInput, AdmissionLimits, PendingHead, Reservation } from "./admission-input.ts";

/** A device to plan with, or all of them as one where nobody tells them apart. MiB. */
interface Device {
  readonly index: number | null;
  readonly totalMb: number;
  readonly freeMb: number;
}

export interface GpuRoom {
  /** Device that it would run on; null: nobody tells them apart. */
  readonly device: number | null;
  /** What jobs may plan with there, and what running ones have reserved of it. */
  readonly budgetMb: number;
  readonly reservedMb: number;
  /** What is free there right now, less what running jobs have reserved and not taken yet. */
  readonly freeMb: number;
  /** How much more than is free it takes; zero or less: it fits. */
  readonly shortfallMb: number;
  readonly fits: boolean;
}

/** GPU memory that jobs may plan with, over all devices; null: nobody measures it. */
export function gpuBudgetMb(limits: AdmissionLimits, status: SystemStatus | null): number | null {
  return status?.gpuTotalMb == null || status.gpuTotalMb <= 0 ? null : status.gpuTotalMb * limits.gpuHeadroomFraction;
}

/** GPU memory that a running job takes from the plan: what it was measured to level off at, or what earlier runs took. */
export function heldGpuMb(job: Reservation): number {
  return job.plateau?.gpuMb ?? job.gpuMb;
}

/**
 * The device where the head has most room. One that no single device could hold is planned over all of them. Null where nobody
 * measures. Memory that the head's own worker holds is its own already.
 */
export function gpuRoomFor({ demand, resident }: PendingHead, { running, limits, status }: AdmissionInput): GpuRoom | null {
  if (demand === null || status?.gpuTotalMb == null || status.gpuFreeMb == null) return null;
  const all: Device = { index: null, totalMb: status.gpuTotalMb, freeMb: status.gpuFreeMb };
  const large = devicesOf(status).filter(({ totalMb }) => totalMb * limits.gpuHeadroomFraction >= demand.gpuMb);
  const rooms = (large.length === 0 ? [all] : large).map((device): GpuRoom => {
    const there = running.filter((job) => device.index === null || job.gpuDevice === null || job.gpuDevice === device.index);
    const reservedMb = there.reduce((sum, job) => sum + heldGpuMb(job), 0);
    const comingMb = there.reduce((sum, job) => sum + Math.max(0, heldGpuMb(job) - (job.resident?.gpuMb ?? 0)), 0);
    const budgetMb = device.totalMb * limits.gpuHeadroomFraction;
    const freeMb = device.freeMb - comingMb;
    const shortfallMb = demand.gpuMb - (resident?.gpuMb ?? 0) - freeMb;
    return {
      device: device.index,
      budgetMb,
      reservedMb,
      freeMb,
      shortfallMb,
      fits: reservedMb + demand.gpuMb <= budgetMb && shortfallMb <= 0,
    };
  });
  return rooms.reduce((best, room) => (better(room, best) ? room : best));
}

function better(room: GpuRoom, than: GpuRoom): boolean {
  if (room.fits !== than.fits) return room.fits;
  return room.shortfallMb < than.shortfallMb;
}

function devicesOf({ gpus = [] }: SystemStatus): Device[] {
  return gpus.flatMap(({ index, totalMb, freeMb }) => (totalMb === null || freeMb === null ? [] : [{ index, totalMb, freeMb }]));
}
