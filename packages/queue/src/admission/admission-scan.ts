import { compareJobs } from "../pending-jobs.ts";
import type { AdmissionInput, AdmissionLimits, PendingHead } from "./admission-input.ts";
import { type Blocked, delays, judge, type Shortfall } from "./admission-rules.ts";

export interface AdmissionScan {
  /** The job to start now; null: none. Scan again after it was started. */
  readonly admitted: { readonly head: PendingHead; readonly exclusive: boolean; readonly gpuDevice: number | null } | null;
  /** Jobs that can never start here. */
  readonly unschedulable: readonly { readonly head: PendingHead; readonly shortfall: Shortfall }[];
  /** What keeps the heads that were looked at, in the order they were looked at; reason null: the line. */
  readonly waiting: readonly Waiting[];
  /** Some job waits for what only fresh telemetry can tell. */
  readonly needsTelemetry: boolean;
}

export interface Waiting {
  readonly head: PendingHead;
  readonly reason: string | null;
  /** Set when resources hold it up. */
  readonly blocked: Blocked | null;
}

const NOTHING: AdmissionScan = { admitted: null, unschedulable: [], waiting: [], needsTelemetry: false };

/**
 * First fit over the heads in order of priority and submission. Its cost grows with the number of instances, not with the
 * number of waiting jobs.
 */
export function scanAdmission(input: AdmissionInput): AdmissionScan {
  const { heads, running, limits, nowMs } = input;
  if (heads.length === 0 || running.length >= limits.lanes || running.some((job) => job.exclusive)) return NOTHING;

  const unschedulable: AdmissionScan["unschedulable"][number][] = [];
  const waiting: AdmissionScan["waiting"][number][] = [];
  let needsTelemetry = false;
  let starving: { readonly head: PendingHead; readonly by: Blocked["by"] } | null = null;
  for (const head of heads.toSorted(compareJobs)) {
    const verdict = judge(head, input);
    switch (verdict.kind) {
      case "never":
        unschedulable.push({ head, shortfall: verdict.shortfall });
        break;
      case "wait":
        waiting.push({ head, reason: verdict.reason, blocked: null });
        break;
      case "blocked":
        needsTelemetry ||= verdict.by === "machine";
        waiting.push({ head, reason: verdict.reason, blocked: verdict });
        if (verdict.ours && isStarving(head, limits, nowMs)) starving ??= { head, by: verdict.by };
        break;
      case "admit":
        if (starving === null || !delays(head.demand, starving, input)) {
          const { exclusive, gpuDevice } = verdict;
          return { admitted: { head, exclusive, gpuDevice }, unschedulable, waiting, needsTelemetry };
        }
        waiting.push({ head, reason: `lets job ${starving.head.jobId} go first, which has waited long enough`, blocked: null });
        break;
      default:
        verdict satisfies never;
    }
  }
  return { admitted: null, unschedulable, waiting, needsTelemetry };
}

function isStarving({ blockedSinceMs }: PendingHead, { starvingAfterMs }: AdmissionLimits, nowMs: number): boolean {
  return blockedSinceMs !== null && nowMs - blockedSinceMs >= starvingAfterMs;
}
