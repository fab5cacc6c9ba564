import { CjmError, didYouMean } from "@cjm/core";
import { shortId } from "../logs/log-lines.ts";
import { usageError } from "../usage-error.ts";
import type { WorkSources } from "./work-sources.ts";

export type WorkKind = "job" | "composition" | "run";

/** What an id on the command line stands for. */
export interface FoundWork {
  readonly kind: WorkKind;
  readonly id: string;
}

/** More of them are told apart by whole ids alone. */
const MOST = 2000;

/**
 * What is meant by an id, a prefix of it, or the short form that tables and logs show.
 * @throws CjmError CJM_JOB_NOT_FOUND with the nearest one, CJM_USAGE when it fits several
 */
export async function findWork(written: string, kinds: readonly WorkKind[], sources: WorkSources): Promise<FoundWork> {
  return pickWork(
    written,
    (await knownWork(written, sources)).filter(({ kind }) => kinds.includes(kind)),
  );
}

/** The decision alone. */
export function pickWork(written: string, known: readonly FoundWork[]): FoundWork {
  const exact = known.find(({ id }) => id === written);
  if (exact !== undefined) return exact;
  const fitting = known.filter(({ id }) => id.startsWith(written) || shortId(id) === written);
  if (fitting.length === 1 && fitting[0] !== undefined) return fitting[0];
  if (fitting.length > 1) {
    const some = fitting.slice(0, 4).map(({ kind, id }) => `${kind} ${id}`);
    throw usageError(
      `'${written}' fits ${fitting.length}: ${some.join(", ")}${fitting.length > 4 ? ", ..." : ""}.`,
      "Give more of the id.",
    );
  }
  const names = known.flatMap(({ id }) => (id.startsWith(shortId(id)) ? [id] : [shortId(id), id]));
  throw new CjmError("CJM_JOB_NOT_FOUND", `Nothing of id '${written}' is known.${didYouMean(written, names)}`, {
    hint: "'cjm-ctl ps --all' shows what there is.",
  });
}

async function knownWork(written: string, sources: WorkSources): Promise<readonly FoundWork[]> {
  const found = new Map<string, FoundWork>();
  const add = (kind: WorkKind, id: string | null | undefined): void => {
    if (id != null && !found.has(id)) found.set(id, { kind, id });
  };
  const addBoth = (kind: WorkKind, id: string, runId: string | null): void => {
    add(kind, id);
    add("run", runId);
  };
  for (const { report } of await sources.answering()) {
    for (const { jobId, runId } of report.jobs) addBoth("job", jobId, runId);
    for (const { compositionId, runId } of report.compositions) addBoth("composition", compositionId, runId);
  }
  const { store } = sources;
  if (store !== null) {
    const lists = [
      await store.list({ limit: MOST }),
      await store.list({ status: "running", limit: MOST }),
      await store.list({ status: "pending", limit: MOST }),
    ];
    for (const { spec } of lists.flat()) addBoth("job", spec.jobId, spec.runId);
    for (const { compositionId, runId } of await store.listCompositions({ limit: MOST })) addBoth("composition", compositionId, runId);
    if ((await store.find(written)) !== null) add("job", written);
    if ((await store.findComposition(written)) !== null) add("composition", written);
  }
  // Jobs that only lived in the memory of their host, and what the store forgot, are in the journal still.
  const journal = sources.journal();
  if (journal !== null && found.get(written) === undefined) {
    if (journal.query({ jobId: written, limit: 1 }).length > 0) add("job", written);
    else if (journal.query({ compositionId: written, limit: 1 }).length > 0) add("composition", written);
    else if (journal.query({ runId: written, limit: 1 }).length > 0) add("run", written);
  }
  return [...found.values()];
}
