import type { SystemStatus } from "@cjm/core";
import type { AdmissionInput, AdmissionLimits, Demand, PendingHead, Reservation } from "./admission-input.ts";
import { comingMb, creditMb, heldMb, sum } from "./worker-memory.ts";

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

/**
 * The device where the head has most room. One that no single device could hold is planned over all of them. Null where nobody
 * measures. Memory that the head's own worker holds is its own already, and what runs on that worker says where it is.
 */
export function gpuRoomFor(head: PendingHead, { running, limits, status }: AdmissionInput): GpuRoom | null {
  const { demand, instanceId } = head;
  if (demand === null) return null;
  const devices = devicesFor(demand.gpuMb, limits, status);
  const own = running.find((job) => job.instanceId === instanceId && job.gpuDevice !== null)?.gpuDevice;
  const possible = devices.filter(({ index }) => index === own);
  const rooms = (possible.length === 0 ? devices : possible).map((device): GpuRoom => {
    const there = running.filter(isOn(device));
    const reservedMb = sum(there.map((job) => heldMb(job, "gpuMb")));
    const budgetMb = device.totalMb * limits.gpuHeadroomFraction;
    const freeMb = device.freeMb - comingMb(there, "gpuMb");
    const shortfallMb = demand.gpuMb - creditMb(head, running, "gpuMb") - freeMb;
    return {
      device: device.index,
      budgetMb,
      reservedMb,
      freeMb,
      shortfallMb,
      fits: reservedMb + demand.gpuMb <= budgetMb && shortfallMb <= 0,
    };
  });
  return rooms.length === 0 ? null : rooms.reduce((best, room) => (better(room, best) ? room : best));
}

/** Whether a device can be planned with all of the jobs and one of this size. */
export function fitsBeside(
  demand: Demand,
  jobs: readonly Pick<Reservation, "gpuMb" | "gpuDevice">[],
  { limits, status }: Pick<AdmissionInput, "limits" | "status">,
): boolean {
  return devicesFor(demand.gpuMb, limits, status).some(
    (device) => sum(jobs.filter(isOn(device)).map(({ gpuMb }) => gpuMb)) + demand.gpuMb <= device.totalMb * limits.gpuHeadroomFraction,
  );
}

/** Devices that could hold so much, or all as one where none could. None where nobody measures. */
function devicesFor(gpuMb: number, limits: AdmissionLimits, status: SystemStatus | null): readonly Device[] {
  if (status?.gpuTotalMb == null || status.gpuFreeMb == null) return [];
  const large = (status.gpus ?? []).flatMap(({ index, totalMb, freeMb }) =>
    totalMb === null || freeMb === null || totalMb * limits.gpuHeadroomFraction < gpuMb ? [] : [{ index, totalMb, freeMb }],
  );
  return large.length === 0 ? [{ index: null, totalMb: status.gpuTotalMb, freeMb: status.gpuFreeMb }] : large;
}

/** A job of which nobody knows where it is counts everywhere. */
function isOn(device: Device): (job: Pick<Reservation, "gpuDevice">) => boolean {
  return ({ gpuDevice }) => device.index === null || gpuDevice === null || gpuDevice === device.index;
}

function better(room: GpuRoom, than: GpuRoom): boolean {
  if (room.fits !== than.fits) return room.fits;
  return room.shortfallMb < than.shortfallMb;
}
