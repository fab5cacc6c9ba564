import { isTerminal, isTerminalNodeState, type JobStatus, type StoredComposition, type StoredJob, validateComposition } from "@cjm/core";
import { type CompositionReport, callName, type JobReport, recallComposition, type SilentHost } from "@cjm/pipeline";
import type { WorkSources } from "./work-sources.ts";

/** `interrupted`: it is not over, and no host that lives has it. */
export type WorkState = JobStatus | "waiting" | "cancelling" | "interrupted";

/** A job as `ps` shows it. Times are Unix milliseconds. */
export interface ShownJob extends Omit<JobReport, "status"> {
  readonly state: WorkState;
  readonly endedAt: number | null;
  /** Of the host that has it; null: none that lives does. */
  readonly hostPid: number | null;
}

export interface ShownComposition extends Omit<CompositionReport, "nodes"> {
  readonly state: WorkState;
  readonly endedAt: number | null;
  readonly nodes: NodeCounts | null;
  readonly hostPid: number | null;
}

export interface OpenWork {
  readonly jobs: readonly ShownJob[];
  readonly compositions: readonly ShownComposition[];
  /** Jobs that hosts have and did not list. */
  readonly unlisted: number;
  readonly silent: readonly SilentHost[];
  readonly hostPids: readonly number[];
}

type NodeCounts = CompositionReport["nodes"];

const MOST = 1000;

/** What waits and runs, over all hosts, and what hosts that are gone left. */
export async function openWork(sources: WorkSources): Promise<OpenWork> {
  // The store first: what is open there and not at a host is looked at again, since it may just have ended.
  const stored = await storedOpenWork(sources);
  const hosts = await sources.answering();
  const jobs = hosts.flatMap(({ host, report }) => report.jobs.map((job) => liveJob(job, host.info.pid)));
  const compositions = hosts.flatMap(({ host, report }) => report.compositions.map((one) => liveComposition(one, host.info.pid)));
  const unlisted = hosts.reduce((sum, { report }) => sum + report.unlisted, 0);
  const known = new Set([...jobs.map(({ jobId }) => jobId), ...compositions.map(({ compositionId }) => compositionId)]);
  const { store } = sources;
  const otherJobs = await stillOpen(
    stored.jobs.filter(({ spec }) => !known.has(spec.jobId) && (unlisted === 0 || stored.leftBehind.has(spec.jobId))),
    async ({ spec }) => (await store?.find(spec.jobId))?.endedAt === null,
  );
  const otherCompositions = await stillOpen(
    stored.compositions.filter(({ compositionId }) => !known.has(compositionId)),
    async ({ compositionId }) => (await store?.findComposition(compositionId))?.status === "running",
  );
  const progress = await progressOf(otherCompositions, sources);
  const isLost = (id: string): boolean => stored.leftBehind.has(id);
  return {
    jobs: [
      ...jobs,
      // Of a composition that is over nobody waits for what it left open.
      ...otherJobs
        .filter(
          ({ spec: { compositionId } }) => compositionId === null || otherCompositions.some((one) => one.compositionId === compositionId),
        )
        .map((job) => storedJob(job, isLost(job.spec.jobId) ? "interrupted" : job.status === "pending" ? "waiting" : job.status)),
    ],
    compositions: [
      ...compositions,
      ...otherCompositions.map((composition) => {
        const { compositionId } = composition;
        return storedComposition(composition, isLost(compositionId) ? "interrupted" : "running", progress.get(compositionId));
      }),
    ],
    unlisted,
    silent: sources.connected.silent,
    hostPids: hosts.map(({ host }) => host.info.pid),
  };
}

/** What ended last, the latest last. */
export async function endedWork({ store }: WorkSources, limit: number): Promise<Pick<OpenWork, "jobs" | "compositions">> {
  if (store === null) return { jobs: [], compositions: [] };
  const jobs = (await store.list({ limit: limit + MOST })).filter(({ endedAt }) => endedAt !== null);
  const compositions = (await store.listCompositions({ limit: limit + MOST })).filter(({ endedAt }) => endedAt !== null);
  const latest = <Ended extends { readonly endedAt: number | null }>(all: readonly Ended[]): Ended[] =>
    all.toSorted((a, b) => (a.endedAt ?? 0) - (b.endedAt ?? 0)).slice(-limit);
  return {
    jobs: latest(jobs).map((job) => storedJob(job, job.status)),
    compositions: latest(compositions).map((composition) => storedComposition(composition, composition.status)),
  };
}

async function storedOpenWork({ store }: WorkSources) {
  if (store === null) return { jobs: [], compositions: [], leftBehind: new Set<string>() };
  const { jobIds, compositionIds } = await store.leftBehind();
  const running = await store.list({ status: "running", limit: MOST });
  const pending = await store.list({ status: "pending", limit: MOST });
  const compositions = await store.listCompositions({ status: "running", limit: MOST });
  return {
    jobs: [...running, ...pending].sort((a, b) => a.spec.submittedAt - b.spec.submittedAt),
    compositions: compositions.toReversed(),
    leftBehind: new Set([...jobIds, ...compositionIds]),
  };
}

async function stillOpen<Work>(all: readonly Work[], isOpen: (work: Work) => Promise<boolean>): Promise<readonly Work[]> {
  const open: Work[] = [];
  for (const work of all) if (await isOpen(work)) open.push(work);
  return open;
}

function liveJob({ status, ...job }: JobReport, hostPid: number): ShownJob {
  const state = job.cancelPhase !== null ? "cancelling" : status === "pending" ? "waiting" : status;
  return { ...job, state, endedAt: null, hostPid };
}

function liveComposition(composition: CompositionReport, hostPid: number): ShownComposition {
  return { ...composition, state: "running", endedAt: null, hostPid };
}

export function storedJob({ spec, status, priority, startedAt, endedAt, error }: StoredJob, state: WorkState): ShownJob {
  const { jobId, instanceId, target, runId, actor, compositionId, nodeId, submittedAt } = spec;
  return {
    jobId,
    instanceId,
    state,
    call: callName(target),
    priority,
    runId,
    actor,
    compositionId,
    nodeId,
    submittedAt,
    startedAt,
    endedAt,
    progress: status === "completed" ? 1 : 0,
    statusMessage: error?.message ?? "",
    waitsFor: whyText(state, status),
    retryCount: 0,
    cancelPhase: null,
    hostPid: null,
  };
}

function whyText(state: WorkState, status: JobStatus): string | null {
  if (state === "interrupted") return status === "running" ? "its host died while it ran" : "its host is gone";
  return isTerminal(status) ? null : "its host lives and cannot be asked";
}

/** How far compositions came under hosts that are gone. */
async function progressOf(compositions: readonly StoredComposition[], { store }: WorkSources): Promise<ReadonlyMap<string, NodeCounts>> {
  const progress = new Map<string, NodeCounts>();
  if (store === null) return progress;
  for (const { compositionId } of compositions) {
    // A document of another version of cjm says nothing here.
    const outcome = await recallComposition(store, compositionId).catch(() => null);
    if (outcome === null) continue;
    const nodes = outcome.nodes.filter(({ parent }) => parent === null);
    const ended = nodes.filter(({ state }) => isTerminalNodeState(state)).length;
    progress.set(compositionId, { total: nodes.length, ended, failed: nodes.filter(({ state }) => state === "failed").length });
  }
  return progress;
}

function storedComposition(stored: StoredComposition, state: WorkState, nodes: NodeCounts | null = null): ShownComposition {
  const { compositionId, document, runId, submittedAt, endedAt } = stored;
  return { compositionId, name: nameOf(document), runId, startedAt: submittedAt, nodes, running: [], state, endedAt, hostPid: null };
}

function nameOf(document: StoredComposition["document"]): string {
  try {
    return validateComposition(document).name;
  } catch {
    return "?";
  }
}
