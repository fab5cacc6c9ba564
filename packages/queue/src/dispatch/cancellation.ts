import type { Clock } from "@cjm/core";
import type { CapabilityRuntime } from "../capability-runtime.ts";
import type { EventPublisher } from "../events/event-publisher.ts";
import type { CancelPhase, Job } from "../job/job.ts";
import { subjectOf } from "../job/job-lifecycle.ts";
import type { InstanceRestarts } from "./instance-restarts.ts";

/**
 * ```mermaid
 * stateDiagram-v2
 *   [*] --> cooperative: the capability is asked to stop
 *   cooperative --> completed: the call ended by itself
 *   cooperative --> force: the grace is over, the call is given up
 *   force --> reloading: its worker is restarted
 *   reloading --> completed
 *   force --> completed: the queue is being stopped, nobody needs the worker
 * ```
 */
export const CANCEL_PHASES = {
  none: ["cooperative"],
  cooperative: ["force", "completed"],
  force: ["reloading", "completed"],
  reloading: ["completed"],
  completed: [],
} as const satisfies Record<CancelPhase | "none", readonly CancelPhase[]>;

export interface CallToEnd {
  readonly job: Job;
  /** Resolves when the call ended, however. */
  readonly settled: Promise<unknown>;
  /** Gives the call up locally. */
  readonly abort: AbortController;
  readonly reason: Error;
  readonly graceMs: number;
  /** Whether a worker whose call did not end is restarted. */
  readonly restart: boolean;
}

interface CancellationParts {
  readonly runtime: CapabilityRuntime;
  readonly restarts: InstanceRestarts;
  readonly publisher: EventPublisher;
  readonly clock: Clock;
  readonly report: (error: unknown) => void;
}

/**
 * Ends a running call: asks first, waits for the grace, then forces. Resolves when the call is over; an error of the
 * request or of the restart does not stop it.
 */
export async function endCall(call: CallToEnd, parts: CancellationParts): Promise<void> {
  const { job, settled, abort, reason } = call;
  const { runtime, restarts, clock, report } = parts;
  const { instanceId } = job.spec;

  enter(job, "cooperative", parts);
  runtime.requestCancel(instanceId, job.jobId).catch(report);
  const grace = Promise.withResolvers<"over">();
  const cancelTimer = clock.schedule(call.graceMs, () => grace.resolve("over"));
  const outcome = await Promise.race([settled, grace.promise]);
  cancelTimer();
  if (outcome !== "over") {
    enter(job, "completed", parts);
    return;
  }
  enter(job, "force", parts);
  abort.abort(reason);
  if (call.restart) {
    enter(job, "reloading", parts);
    await restarts.restart(instanceId, `job ${job.jobId} did not stop within ${call.graceMs} ms: ${reason.message}`).catch(report);
  }
  enter(job, "completed", parts);
}

function enter(job: Job, to: CancelPhase, { publisher, clock }: CancellationParts): void {
  const from = job.cancellation?.phase ?? null;
  if (!(CANCEL_PHASES[from ?? "none"] as readonly CancelPhase[]).includes(to)) return;
  const requestedAt = job.cancellation?.requestedAt ?? clock.now();
  job.cancellation = { requestedAt, phase: to, forced: job.cancellation?.forced === true || to === "force" };
  publisher.emit("cancel_phase_changed", subjectOf(job), { from, to });
}
