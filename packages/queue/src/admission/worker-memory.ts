import type { PendingHead, Reservation } from "./admission-input.ts";

export type MeasuredResource = "memoryMb" | "gpuMb";

/** What a running job takes from the plan: what it was measured to level off at, or what earlier runs took. MiB. */
export function heldMb(job: Reservation, resource: MeasuredResource): number {
  return (job.plateau ?? job)[resource];
}

/** What running jobs will take beyond what their workers hold already. Jobs on one worker share what it holds. MiB. */
export function comingMb(jobs: readonly Reservation[], resource: MeasuredResource): number {
  const heldBy = new Map<string, number>();
  const residentOf = new Map<string, number>();
  for (const job of jobs) {
    heldBy.set(job.instanceId, (heldBy.get(job.instanceId) ?? 0) + heldMb(job, resource));
    residentOf.set(job.instanceId, job.resident?.[resource] ?? 0);
  }
  return sum([...heldBy].map(([instanceId, held]) => Math.max(0, held - (residentOf.get(instanceId) ?? 0))));
}

/** Memory that a job needs not find free, because its worker holds it and no running job there has reserved it. MiB. */
export function creditMb({ instanceId, resident }: PendingHead, running: readonly Reservation[], resource: MeasuredResource): number {
  const residentMb = resident?.[resource] ?? 0;
  if (residentMb === 0) return 0;
  const own = running.filter((job) => job.instanceId === instanceId);
  return Math.max(0, residentMb - sum(own.map((job) => heldMb(job, resource))));
}

/** What idle workers of other instances hold for which jobs wait: nobody else ends those. MiB. */
export function heldIdleMb(
  { heads, running }: { readonly heads: readonly PendingHead[]; readonly running: readonly Reservation[] },
  except: string,
  resource: MeasuredResource,
): number {
  const busy = new Set(running.map(({ instanceId }) => instanceId));
  return sum(
    heads.filter(({ instanceId }) => instanceId !== except && !busy.has(instanceId)).map(({ resident }) => resident?.[resource] ?? 0),
  );
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
