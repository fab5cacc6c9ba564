import { createIdSource, formatTimestamp, type JobStore, type JournalEvent, type JournalStore, type StoredJob } from "@cjm/core";
import { storedOutcome } from "@cjm/queue";

interface LeftBehind {
  readonly kind: "job" | "composition";
  readonly id: string;
}

interface CancelParts {
  readonly store: JobStore;
  readonly journal: JournalStore;
}

/**
 * Cancels what a host that is gone left, so that nobody goes on with it, and journals that as the host would have done.
 * Whether its host is gone the store decides: what it does not give to this process stays as it is.
 * @returns false: it is over, unknown, or a host that lives has it
 * @throws CjmError CJM_STORE_FAILED
 */
export async function cancelLeftBehind({ kind, id }: LeftBehind, parts: CancelParts): Promise<boolean> {
  return kind === "job" ? await cancelJob(id, parts) : await cancelComposition(id, parts);
}

async function cancelJob(jobId: string, { store, journal }: CancelParts): Promise<boolean> {
  const found = await store.find(jobId);
  if (found === null) return false;
  const { jobs } = await store.adopt([found.spec.instanceId]);
  const mine = jobs.find(({ job }) => job.spec.jobId === jobId)?.job;
  if (mine === undefined || !(await settled(store, mine))) return false;
  journal.append([endRow(mine)]);
  return true;
}

async function cancelComposition(compositionId: string, { store, journal }: CancelParts): Promise<boolean> {
  const found = await store.findComposition(compositionId);
  if (found === null) return false;
  const { compositions } = await store.adopt(found.instanceIds);
  if (!compositions.some((composition) => composition.compositionId === compositionId)) return false;
  await store.updateComposition(compositionId, { cancelRequested: true });
  const rows: JournalEvent[] = [];
  for (const { job } of await store.members(compositionId)) {
    if (job.endedAt === null && (await settled(store, job))) rows.push(endRow(job));
  }
  await store.updateComposition(compositionId, { status: "cancelled" });
  const stored = await store.findComposition(compositionId);
  const nodes = stored === null ? [] : storedOutcome(stored, await store.members(compositionId)).nodes;
  const { runId, actor } = found;
  const payload = { status: "cancelled", nodes: Object.fromEntries(nodes.map((node) => [node.id, node.state])), by: "cjm-ctl cancel" };
  journal.append([
    ...rows,
    { eventId: ids.eventId(), occurredAt: Date.now(), eventType: "run_finished", compositionId, runId, actor, payload },
  ]);
  return true;
}

const ids = createIdSource();

/** What was adopted waits; whoever ends it needs no lease. */
async function settled(store: JobStore, { spec }: StoredJob): Promise<boolean> {
  return await store.settle({ jobId: spec.jobId, lease: null, status: "cancelled", result: null, error: null }, []);
}

function endRow({ spec, priority, startedAt }: StoredJob): JournalEvent {
  const { jobId, instanceId, compositionId, nodeId, runId, actor, target } = spec;
  const occurredAt = Date.now();
  const snapshot = {
    id: jobId,
    capability_instance_id: instanceId,
    status: "cancelled",
    priority,
    submitted_at: formatTimestamp(spec.submittedAt),
    started_at: startedAt === null ? null : formatTimestamp(startedAt),
    completed_at: formatTimestamp(occurredAt),
    retry_count: 0,
    composition_id: compositionId,
    node_id: nodeId,
    task_name: target.channel === "task" ? target.task : null,
    method: target.channel === "task" ? target.method : null,
    run_id: runId,
    actor,
    error: null,
  };
  const payload = { from: "pending", to: "cancelled", job_snapshot: snapshot };
  return {
    eventId: ids.eventId(),
    occurredAt,
    eventType: "state_transition",
    jobId,
    instanceId,
    compositionId,
    nodeId,
    runId,
    actor,
    payload,
  };
}
