import { isTerminal, type JournalStore, type StoredJob } from "@cjm/core";
import type { EventPublisher } from "../events/event-publisher.ts";
import { jobSnapshot } from "../job/job-snapshot.ts";

/**
 * Writes the rows of ends that the store has and the journal does not: a host that dies between the two writes leaves such.
 * Reads the composition's rows once.
 */
export function journalLostEnds(
  compositionId: string,
  jobs: readonly StoredJob[],
  { history, publisher }: { readonly history: JournalStore; readonly publisher: EventPublisher },
): void {
  const rows = history.query({ compositionId, eventType: "state_transition" });
  const journaled = new Set(rows.filter(({ payload }) => payload["job_snapshot"] !== undefined).map(({ jobId }) => jobId));
  for (const job of jobs) {
    const { jobId, instanceId, nodeId, runId, actor } = job.spec;
    if (!isTerminal(job.status) || journaled.has(jobId)) continue;
    const subject = { jobId, instanceId, compositionId, nodeId, runId, actor };
    const from = job.startedAt === null ? "pending" : "running";
    publisher.emit("state_transition", subject, {
      from,
      to: job.status,
      job_snapshot: jobSnapshot({ ...job, retryCount: 0 }),
      recovered: true,
    });
  }
}
