import type { EvictableWorker } from "../capability-runtime.ts";
import type { AdmissionInput, PendingHead, Reservation } from "./admission-input.ts";
import { judge, type Missing, type Verdict } from "./admission-rules.ts";
import { scanAdmission } from "./admission-scan.ts";

/** A running job that has what another waits for. MiB. */
export interface HoldingJob {
  readonly jobId: string;
  readonly instanceId: string;
  readonly holdsMb: number;
}

/** Why a job waits, as exactly as it can be told. */
export interface WaitExplanation {
  /** One sentence for a person. */
  readonly reason: string;
  readonly kind: "behind" | "instance" | "lanes" | "alone" | "held" | "resources" | "turn" | "never" | "starting";
  /** Jobs of the same instance that go first. */
  readonly ahead: number;
  /** What is missing, MiB; null: no resource is. */
  readonly missing: Missing | null;
  /** Running jobs that hold what is missing, those with most first. */
  readonly heldBy: readonly HoldingJob[];
  /** Idle workers whose end would make room, with what starting them again costs. */
  readonly evictable: readonly EvictableWorker[];
  /** Whether this machine can ever run it. */
  readonly fitsHere: boolean;
}

export interface WaitFacts {
  /** The job as if it were the next of its instance. */
  readonly head: PendingHead;
  readonly input: AdmissionInput;
  readonly ahead: number;
  readonly evictable: (resource: "gpu" | "memory") => readonly EvictableWorker[];
}

/** The explanation by the very rules that admit. */
export function explainWait({ head, input, ahead, evictable }: WaitFacts): WaitExplanation {
  const verdict = judge(head, input);
  const none = { ahead, missing: null, heldBy: [], evictable: [], fitsHere: verdict.kind !== "never" };
  if (verdict.kind === "never") {
    const { needed, available, resource } = verdict.shortfall;
    const what = resource === "gpu_vram_mb" ? "GPU memory" : "memory";
    return {
      ...none,
      kind: "never",
      reason: `It takes ${mb(needed)} of ${what}, and jobs may take at most ${mb(available)} here: it will never run.`,
    };
  }
  if (ahead > 0)
    return { ...none, kind: "behind", reason: `${count(ahead, "job")} of ${head.instanceId} ${ahead === 1 ? "goes" : "go"} first.` };
  return { ...none, ...why(head, verdict, input, evictable) };
}

function why(
  head: PendingHead,
  verdict: Exclude<Verdict, { kind: "never" }>,
  input: AdmissionInput,
  evictable: WaitFacts["evictable"],
): Pick<WaitExplanation, "kind" | "reason"> & Partial<WaitExplanation> {
  const { running, limits } = input;
  const alone = running.find((job) => job.exclusive);
  if (running.length >= limits.lanes)
    return { kind: "lanes", reason: `All ${limits.lanes} lanes are in use.`, heldBy: running.map(holding(() => 0)) };
  if (alone !== undefined)
    return {
      kind: "alone",
      reason: `Job ${alone.jobId} of ${alone.instanceId} runs alone: its first run is measured.`,
      heldBy: [alone].map(holding(() => 0)),
    };
  if (verdict.kind === "wait") {
    if (head.hold !== null) return { kind: "held", reason: `${verdict.reason ?? head.hold.reason}.` };
    const own = running.filter((job) => job.instanceId === head.instanceId);
    return {
      kind: "instance",
      reason: `${head.instanceId} runs ${count(own.length, "call")}, as many as it may.`,
      heldBy: own.map(holding(() => 0)),
    };
  }
  if (verdict.kind === "blocked") {
    const { missing } = verdict;
    const reason = `${verdict.reason.charAt(0).toUpperCase()}${verdict.reason.slice(1)}.`;
    if (missing === null) return { kind: "alone", reason, heldBy: running.map(holding(() => 0)) };
    const holds = (job: Reservation): number =>
      missing.resource === "gpu" ? (job.plateau?.gpuMb ?? job.gpuMb) : (job.plateau?.memoryMb ?? job.memoryMb);
    const heldBy = running
      .filter((job) => holds(job) > 0)
      .map(holding(holds))
      .sort((a, b) => b.holdsMb - a.holdsMb);
    return {
      kind: "resources",
      reason,
      missing,
      heldBy,
      evictable: evictable(missing.resource).filter(({ instanceId }) => instanceId !== head.instanceId),
    };
  }
  const { admitted, waiting } = scanAdmission(input);
  const passed = waiting.find((other) => other.head.jobId === head.jobId);
  if (passed?.reason != null) return { kind: "turn", reason: `It ${passed.reason}.` };
  if (admitted !== null && admitted.head.jobId !== head.jobId) return { kind: "turn", reason: `Job ${admitted.head.jobId} goes first.` };
  return { kind: "starting", reason: "Nothing holds it: it starts now." };
}

function holding(holds: (job: Reservation) => number): (job: Reservation) => HoldingJob {
  return (job) => ({ jobId: job.jobId, instanceId: job.instanceId, holdsMb: Math.round(holds(job)) });
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function mb(value: number): string {
  return `${Math.round(value)} MB`;
}
