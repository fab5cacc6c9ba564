import { compareJobs } from "../pending-jobs.ts";
import type { AdmissionInput, AdmissionLimits, PendingHead } from "./admission-input.ts";
import { type Blocked, delays, judge, type Shortfall, type StarvingHead } from "./admission-rules.ts";

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
  /** They have for so long that what would delay it is held back. */
  readonly starving: boolean;
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
  const starving: StarvingHead[] = [];
  for (const head of heads.toSorted(compareJobs)) {
    const verdict = judge(head, input);
    switch (verdict.kind) {
      case "never":
        unschedulable.push({ head, shortfall: verdict.shortfall });
        break;
      case "wait":
        waiting.push({ head, reason: verdict.reason, blocked: null, starving: false });
        break;
      case "blocked": {
        const starves = verdict.ours && isStarving(head, limits, nowMs);
        needsTelemetry ||= verdict.by === "machine";
        waiting.push({ head, reason: verdict.reason, blocked: verdict, starving: starves });
        if (starves) starving.push({ head, by: verdict.by });
        break;
      }
      case "admit": {
        const { exclusive, gpuDevice } = verdict;
        const first = starving.find((one) => delays({ demand: head.demand, gpuDevice }, one, input));
        if (first === undefined) return { admitted: { head, exclusive, gpuDevice }, unschedulable, waiting, needsTelemetry };
        const reason = `lets job ${first.head.jobId} go first, which has waited long enough`;
        waiting.push({ head, reason, blocked: null, starving: false });
        break;
      }
      default:
        verdict satisfies never;
    }
  }
  return { admitted: null, unschedulable, waiting, needsTelemetry };
}

function isStarving({ blockedSinceMs }: PendingHead, { starvingAfterMs }: AdmissionLimits, nowMs: number): boolean {
  return blockedSinceMs !== null && nowMs - blockedSinceMs >= starvingAfterMs;
}
