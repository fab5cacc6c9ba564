import { isTerminal, JOB_TRANSITIONS, type StoredJournalEvent } from "@cjm/core";
import { CANCEL_PHASES } from "../../src/dispatch/cancellation.ts";
import type { FollowedJob } from "./followed-jobs.ts";
import { must } from "./violation.ts";

/** Reads the journal as somebody would who knows nothing else: what became of every job. @throws Violation */
export function auditJournal(
  rows: readonly StoredJournalEvent[],
  jobs: readonly FollowedJob[],
  callsOf: ReadonlyMap<string, number>,
): void {
  const byJob = Map.groupBy(
    rows.filter(({ jobId }) => jobId != null),
    ({ jobId }) => jobId ?? "",
  );
  must(byJob.size === jobs.length, () => `${jobs.length} jobs were accepted, ${byJob.size} have rows`);
  for (const job of jobs) auditJob(byJob.get(job.handle.jobId) ?? [], job, callsOf.get(job.handle.jobId) ?? 0);
}

function auditJob(rows: readonly StoredJournalEvent[], { handle, view, plan, cancelledMs }: FollowedJob, calls: number): void {
  const told = (what: string) => (): string =>
    `${what}: ${handle.jobId} ${JSON.stringify(rows.map(({ eventType, payload }) => [eventType, payload]))}`;
  let status: keyof typeof JOB_TRANSITIONS = "pending";
  let phase: keyof typeof CANCEL_PHASES = "none";
  let reason: unknown = null;
  let retries = 0;
  for (const { eventType, payload } of rows) {
    must(!isTerminal(status), told("rows after its end"));
    const { from, to } = payload;
    if (eventType === "state_transition") {
      must(
        from === status && (JOB_TRANSITIONS[status] as readonly unknown[]).includes(to),
        told(`no way from ${status} to ${JSON.stringify(to)}`),
      );
      status = to as typeof status;
      must(isTerminal(status) === (payload["job_snapshot"] !== undefined), told("the end has a snapshot, nothing else has"));
    }
    if (eventType === "cancel_phase_changed") {
      must(
        (from ?? "none") === phase && (CANCEL_PHASES[phase] as readonly unknown[]).includes(to),
        told(`no phase ${JSON.stringify(to)} after ${phase}`),
      );
      phase = to as typeof phase;
    }
    if (eventType === "block_reason_changed") {
      must(from === reason && to !== reason, told("the reason is not the one before, or is the same"));
      reason = to;
    }
    if (eventType === "retry_started") must(payload["attempt"] === ++retries, told("attempts count up"));
  }
  must(status === view.status && isTerminal(status), told(`it is ${view.status}`));
  must(
    rows.filter(({ eventType }) => eventType === "admission_decided").length === (view.startedAt === null ? 0 : 1),
    told("one admission"),
  );
  must(phase === "none" || phase === "completed", told("its cancellation has an end"));
  must(view.startedAt === null ? calls === 0 : calls <= plan.attempts, told(`${calls} calls`));
  must(view.startedAt === null || reason === null, told("a reason to wait while it runs"));
  must(view.status !== "completed" || view.result === handle.jobId, told("its own result"));
  must(view.status !== "cancelled" || cancelledMs !== null, told("cancelled by nobody"));
}
