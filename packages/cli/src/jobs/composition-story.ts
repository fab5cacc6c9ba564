import { CjmError, type CriticalPath, criticalPath, durationText, planComposition, toMermaid, validateComposition } from "@cjm/core";
import { recallComposition } from "@cjm/pipeline";
import { textTable } from "../listing/text-table.ts";
import { localTime } from "../logs/log-lines.ts";
import type { CompositionOutcome, NodeSummary } from "../run/composition-handle.ts";
import type { Colors } from "../terminal/terminal.ts";
import { statusText } from "./job-story-lines.ts";
import type { WorkSources } from "./work-sources.ts";

export interface CompositionStory {
  readonly outcome: CompositionOutcome;
  readonly criticalPath: CriticalPath;
  readonly mermaid: string;
  readonly actor: string | null;
  /** Ids of the jobs of each node, in order of submission. */
  readonly jobs: Readonly<Record<string, readonly string[]>>;
  /** It is not over, and no host that lives has it. */
  readonly isInterrupted: boolean;
}

/** @throws CjmError CJM_JOB_NOT_FOUND when the store has forgotten it */
export async function compositionStory(compositionId: string, sources: WorkSources): Promise<CompositionStory> {
  const stored = (await sources.store?.findComposition(compositionId)) ?? null;
  const outcome = sources.store === null ? null : await recallComposition(sources.store, compositionId);
  if (stored === null || outcome === null || sources.store === null)
    throw new CjmError("CJM_JOB_NOT_FOUND", `The job store does not know composition ${compositionId} any more.`, {
      hint: `'cjm-ctl logs --journal --run ${outcome?.runId ?? "RUN"}' shows what the journal has.`,
    });
  const plan = planComposition(validateComposition(stored.document));
  const members = await sources.store.members(compositionId);
  const jobs = Object.groupBy(members, ({ job }) => (job.spec.nodeId ?? "").replace(/\[.*$/, ""));
  const { compositionIds } = await sources.store.leftBehind();
  return {
    outcome,
    criticalPath: criticalPath(plan, outcome),
    mermaid: toMermaid(plan, outcome),
    actor: stored.actor,
    jobs: Object.fromEntries(Object.entries(jobs).map(([node, ofNode]) => [node, (ofNode ?? []).map(({ job }) => job.spec.jobId)])),
    isInterrupted: compositionIds.includes(compositionId),
  };
}

const MOST_FAILURES = 10;

/** The story of a composition: each node with its state, its time and its part of the critical path, and what failed. */
export function compositionStoryLines(
  story: CompositionStory,
  view: { readonly nowMs: number; readonly columns: number; readonly colors: Colors },
) {
  const { outcome, actor, isInterrupted } = story;
  const { compositionId, name, runId, status, startedAt, endedAt, nodes, failures } = outcome;
  const { colors, columns, nowMs } = view;
  const { bold, dim, red } = colors;
  const took = endedAt === null ? `for ${durationText(nowMs - startedAt)}` : `in ${durationText(endedAt - startedAt)}`;
  const shares = new Map(
    story.criticalPath.steps.map(({ nodeId, ms, share }) => [nodeId, `${durationText(ms)}, ${Math.round(share * 100)} %`]),
  );
  const rows = nodes.map((node) => nodeRow(node, { story, startedAt, nowMs, critical: shares.get(node.id) ?? "", colors }));
  const head = ["node", "calls", "state", "began", "took", "critical path", "job"].map((title) => dim(title));
  const failed = Object.entries(failures).flatMap(([id, items]) => items.map(({ index, error }) => ({ id, index, error })));
  return [
    `${bold(name)} ${isInterrupted ? red("interrupted: its host is gone") : statusText(status, colors)} ${took}`,
    `  ${dim("composition")} ${compositionId}`,
    `  ${dim("run        ")} ${runId ?? "-"}`,
    `  ${dim("submitted  ")} ${localTime(startedAt)}${actor === null ? "" : ` by ${actor}`}`,
    "",
    ...textTable([head, ...rows], columns).map((line) => line.trimEnd()),
    ...(failed.length === 0 ? [] : ["", bold(`${failed.length} ${failed.length === 1 ? "failure" : "failures"}`)]),
    ...failed
      .slice(0, MOST_FAILURES)
      .map(({ id, index, error }) => `  ${red(`${id}[${index}]`)}  ${error.message.replaceAll("\n", "\n    ")}`),
    ...(failed.length > MOST_FAILURES ? [`  and ${failed.length - MOST_FAILURES} more; --json has them all`] : []),
    ...(isInterrupted
      ? ["", `Way out: cjm-ctl resume ${compositionId}, which keeps what was done; or cjm-ctl cancel ${compositionId}.`]
      : []),
  ];
}

interface RowParts {
  readonly story: CompositionStory;
  readonly startedAt: number;
  readonly nowMs: number;
  readonly critical: string;
  readonly colors: Colors;
}

function nodeRow(node: NodeSummary, { story, startedAt, nowMs, critical, colors }: RowParts): readonly string[] {
  const { id, state, instanceId, composition, startedAt: began, endedAt, items, isFanOut, skipped } = node;
  const jobs = story.jobs[id] ?? [];
  const counts =
    isFanOut && items.total !== null ? `, ${items.completed} of ${items.total}${items.failed === 0 ? "" : `, ${items.failed} failed`}` : "";
  return [
    id,
    composition ?? instanceId ?? "-",
    `${statusText(state, colors)}${counts}${skipped === null ? "" : ` (${skipped.text})`}`,
    began === null ? "-" : `+${durationText(Math.max(0, began - startedAt))}`,
    began === null ? "-" : durationText(Math.max(0, (endedAt ?? nowMs) - began)),
    critical,
    jobs.length === 1 ? (jobs[0] ?? "") : jobs.length === 0 ? "" : `${jobs.length} jobs`,
  ];
}
