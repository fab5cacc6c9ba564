import type { CallTarget } from "../call/call-envelope.ts";
import type { RetryPolicy } from "../composition/composition.ts";
import type { JobId } from "../ids.ts";
import type { JsonObject } from "../json.ts";

/** A job with everything decided when it was submitted; what a job store keeps of it. */
export interface JobSpec {
  readonly jobId: JobId;
  readonly instanceId: string;
  readonly target: CallTarget;
  readonly priority: number;
  readonly runId: string | null;
  readonly actor: string | null;
  readonly compositionId: string | null;
  /** Name of its place in the composition: `parse`, or `parse[3]`. */
  readonly nodeId: string | null;
  readonly control: JsonObject | null;
  /** Longest time from its submission to its start; null: no limit. */
  readonly startTimeoutMs: number | null;
  /** Longest time that one call may take; null: no limit. */
  readonly timeoutMs: number | null;
  readonly retry: RetryPolicy | null;
  /** What becomes of it when its host died while it ran. A job that was interrupted too often fails whatever this says. */
  readonly onInterruption: "rerun" | "fail";
  /** Unix milliseconds. */
  readonly submittedAt: number;
}
