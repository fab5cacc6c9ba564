import type { CjmConfig } from "@cjm/core";
import { endedWork, openWork, type ShownComposition, type ShownJob } from "../jobs/open-work.ts";
import { WorkSources } from "../jobs/work-sources.ts";
import { shortId } from "../logs/log-lines.ts";
import type { Candidate } from "./complete-line.ts";
import type { IdSource } from "./value-sources.ts";

/** Of what ended, as many as a person looks through. */
const MOST_ENDED = 20;

/** What waits and runs first, then what ended last. @throws CjmError CJM_STORE_FAILED */
export async function workIds(source: IdSource, config: CjmConfig): Promise<readonly Candidate[]> {
  await using sources = await WorkSources.open(config);
  const open = await openWork(sources);
  const isOpen = source === "open-work" || source === "open-jobs" || source === "interrupted";
  const ended = isOpen ? { jobs: [], compositions: [] } : await endedWork(sources, MOST_ENDED);
  return candidatesOf(source, {
    jobs: [...open.jobs, ...ended.jobs.toReversed()],
    compositions: [...open.compositions, ...ended.compositions.toReversed()],
  });
}

function candidatesOf(
  source: IdSource,
  { jobs, compositions }: { readonly jobs: readonly ShownJob[]; readonly compositions: readonly ShownComposition[] },
): readonly Candidate[] {
  const ofJobs = (idOf: (id: string) => string) => jobs.map((job) => ({ value: idOf(job.jobId), description: aboutJob(job) }));
  const ofCompositions = compositions.map((one) => ({ value: shortId(one.compositionId), description: aboutComposition(one) }));
  switch (source) {
    case "open-work":
    case "work":
      return [...ofCompositions, ...ofJobs(shortId)];
    case "open-jobs":
      return ofJobs(shortId);
    case "whole-jobs":
      return ofJobs((id) => id);
    case "interrupted":
      return compositions
        .filter(({ state }) => state === "interrupted")
        .map((one) => ({ value: one.compositionId, description: aboutComposition(one) }));
    case "runs": {
      const about = new Map([
        ...jobs.map((job) => [job.runId, aboutJob(job)] as const),
        ...compositions.map((one) => [one.runId, aboutComposition(one)] as const),
      ]);
      return [...about].flatMap(([runId, description]) => (runId === null ? [] : [{ value: runId, description }]));
    }
    default:
      return source satisfies never;
  }
}

function aboutJob({ instanceId, call, state }: ShownJob): string {
  return `${state}: ${instanceId}${call === null ? "" : ` ${call}`}`;
}

function aboutComposition({ name, state }: ShownComposition): string {
  return `${state}: composition ${name}`;
}
