import { dataLayout } from "@cjm/core";
import { cancelLeftBehind } from "@cjm/pipeline";
import { SqliteJournal } from "@cjm/store";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { type FoundWork, findWork } from "../jobs/find-work.ts";
import { WorkSources } from "../jobs/work-sources.ts";

interface CancelOptions extends GlobalOptions {
  readonly ids: readonly string[];
  readonly noWait: boolean;
}

interface Cancelled extends FoundWork {
  /** Null: nobody knows. */
  readonly status: string | null;
  /** Whether this command cancelled it. */
  readonly requested: boolean;
  /** Of a host that is gone. */
  readonly leftBehind: boolean;
}

export const cancelCommand: Command<CancelOptions> = {
  positionals: {
    ids: {
      type: "string",
      array: true,
      demandOption: true,
      describe: "Jobs or compositions: ids, the beginnings of them, or as 'ps' shows them",
    },
  },
  options: { "no-wait": { type: "boolean", default: false, describe: "Only ask for it; do not wait until it is over" } },
  examples: [
    ["$0 cancel 3f2a9c41", "one job; its worker is restarted when it does not hear"],
    ["$0 cancel 0199c1d2-aaaa 5b6c7d8e", "several at once"],
  ],

  exitCodes: [[1, "something had ended otherwise before, or its host cannot be asked"]],

  async run({ ids, noWait }, { terminal, signal, config: configOf }): Promise<ExitCode> {
    const { config } = await configOf();
    await using sources = await WorkSources.open(config);
    // All are looked up first: a slip in one id cancels nothing.
    const found: FoundWork[] = [];
    for (const id of ids) found.push(await findWork(id, ["job", "composition"], sources));
    using journal = SqliteJournal.open(dataLayout(config.dataDir).journal);
    const wait = !noWait;
    const results = await Promise.all(found.map((work) => cancelOne(work, { sources, journal, wait, signal })));
    if (terminal.json) terminal.printJson(results);
    else for (const result of results) terminal.print(resultLine(result, wait));
    return results.every(({ requested, status }) => requested || status === "cancelled") ? 0 : 1;
  },
};

interface CancelParts {
  readonly sources: WorkSources;
  readonly journal: SqliteJournal;
  readonly wait: boolean;
  readonly signal: AbortSignal;
}

async function cancelOne(work: FoundWork, { sources, journal, wait, signal }: CancelParts): Promise<Cancelled> {
  for (const host of sources.connected.hosts) {
    const { kind, requested, status } = await host.cancel(work.id, { wait: false });
    if (kind === null) continue;
    const over = wait && requested ? await host.cancel(work.id, { wait: true, signal }) : null;
    return { ...work, requested, status: over?.status ?? status, leftBehind: false };
  }
  const { store } = sources;
  const leftBehind =
    store !== null && work.kind !== "run" && (await cancelLeftBehind({ kind: work.kind, id: work.id }, { store, journal }));
  const stored = work.kind === "job" ? await store?.find(work.id) : await store?.findComposition(work.id);
  return { ...work, requested: leftBehind, status: stored?.status ?? null, leftBehind };
}

function resultLine({ kind, id, status, requested, leftBehind }: Cancelled, waited: boolean): string {
  if (leftBehind) return `cancelled ${kind} ${id}; its host was gone, and 'resume' will not go on with it`;
  if (!requested)
    return status !== null && isOver(status)
      ? `${kind} ${id} is over already: ${status}`
      : `${kind} ${id} cannot be cancelled from here: its host lives and cannot be asked`;
  if (!waited) return `asked for the end of ${kind} ${id}`;
  return status === "cancelled" ? `cancelled ${kind} ${id}` : `${kind} ${id} ended before it could be cancelled: ${status ?? "unknown"}`;
}

function isOver(status: string): boolean {
  return status !== "pending" && status !== "running";
}
