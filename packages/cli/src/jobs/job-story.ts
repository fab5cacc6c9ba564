import { CjmError, type JobError, type JsonValue, type ResourceProfile, type StoredJob, type StoredJournalEvent } from "@cjm/core";
import { callName } from "@cjm/pipeline";
import { jobTimeline, type TimelineStep } from "./job-timeline.ts";
import type { WorkSources } from "./work-sources.ts";

/** Everything that files know of one job. Times are Unix milliseconds. */
export interface JobStory {
  readonly jobId: string;
  readonly instanceId: string | null;
  readonly call: string | null;
  readonly status: string;
  readonly runId: string | null;
  readonly actor: string | null;
  readonly compositionId: string | null;
  readonly nodeId: string | null;
  readonly timeline: readonly TimelineStep[];
  readonly result: JsonValue;
  readonly error: JobError | null;
  /** What its worker logged and printed last while it ran, oldest first. */
  readonly output: readonly string[];
  /** What runs of its instance took, this one among them; null: never measured. */
  readonly profile: ResourceProfile | null;
}

const MOST_OUTPUT = 12;

/** @throws CjmError CJM_JOB_NOT_FOUND when no file knows anything of it */
export async function jobStory(jobId: string, sources: WorkSources): Promise<JobStory> {
  const stored = (await sources.store?.find(jobId)) ?? null;
  const rows = sources.journal()?.query({ jobId }) ?? [];
  const first = rows.find(({ instanceId }) => instanceId != null);
  if (stored === null && first === undefined)
    throw new CjmError("CJM_JOB_NOT_FOUND", `Nothing was written down of job ${jobId} yet.`, {
      hint: `'cjm-ctl why ${jobId}' asks its host.`,
    });
  const instanceId = stored?.spec.instanceId ?? first?.instanceId ?? null;
  const spawned = instanceId === null ? null : workerOf(instanceId, rows, stored, sources);
  const { compositionId = null, nodeId = null, runId = null, actor = null } = stored?.spec ?? first ?? {};
  return {
    jobId,
    instanceId,
    call: stored === null ? null : callName(stored.spec.target),
    status: stored?.status ?? statusIn(rows),
    runId,
    actor,
    compositionId,
    nodeId,
    timeline: jobTimeline(rows, { submittedAt: stored?.spec.submittedAt ?? null }),
    result: stored?.result ?? null,
    error: stored?.error ?? null,
    output: outputOf(jobId, spawned, { rows, sources }),
    profile: instanceId === null || spawned?.configHash == null ? null : (sources.profiles()?.get(instanceId, spawned.configHash) ?? null),
  };
}

function statusIn(rows: readonly StoredJournalEvent[]): string {
  const last = rows.findLast(({ eventType }) => eventType === "state_transition")?.payload["to"];
  return typeof last === "string" ? last : "pending";
}

/** The row of the worker that it ran on last: the latest one of its instance that was there then. */
function workerOf(
  instanceId: string,
  rows: readonly StoredJournalEvent[],
  stored: StoredJob | null,
  sources: WorkSources,
): StoredJournalEvent | null {
  const until = rows.at(-1)?.occurredAt ?? stored?.startedAt ?? undefined;
  const query = { instanceId, eventType: "worker_spawned", order: "descending", limit: 1 } as const;
  return sources.journal()?.query({ ...query, ...(until === undefined ? {} : { until }) })[0] ?? null;
}

function outputOf(
  jobId: string,
  worker: StoredJournalEvent | null,
  { rows, sources }: { readonly rows: readonly StoredJournalEvent[]; readonly sources: WorkSources },
): readonly string[] {
  const diagnostics = sources.diagnostics();
  if (diagnostics === null) return [];
  const logged = diagnostics.queryRecords({ jobId, limit: MOST_OUTPUT, order: "descending" });
  const from = rows.find(({ payload }) => payload["to"] === "running")?.occurredAt;
  const sessionId = worker?.workerSessionId;
  // What a worker prints belongs to no job; it is told apart by when it came.
  const printed =
    from === undefined || sessionId == null
      ? []
      : diagnostics
          .queryChunks({ workerSessionId: sessionId, limit: MOST_OUTPUT, order: "descending" })
          .filter(({ occurredAt }) => occurredAt >= from);
  return [
    ...logged.map(({ occurredAt, level, message, excText }) => ({
      occurredAt,
      text: `${level} ${message}${excText === null ? "" : `\n${excText}`}`,
    })),
    ...printed.map(({ occurredAt, content }) => ({ occurredAt, text: content.trimEnd() })),
  ]
    .sort((a, b) => a.occurredAt - b.occurredAt)
    .slice(-MOST_OUTPUT)
    .map(({ text }) => text);
}
