import { lastValue, wholeNumber } from "../arguments/option-values.ts";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { endedWork, type OpenWork, openWork } from "../jobs/open-work.ts";
import { workLines } from "../jobs/work-lines.ts";
import { WorkSources } from "../jobs/work-sources.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface PsOptions extends GlobalOptions {
  readonly all: boolean;
  readonly run?: string | undefined;
  readonly limit: string;
}

export const psCommand: Command<PsOptions> = {
  positionals: {},
  options: {
    all: { alias: "a", type: "boolean", default: false, describe: "Also what ended last" },
    run: { type: "string", requiresArg: true, coerce: lastValue, describe: "Of this run, by its id or the beginning of it" },
    limit: {
      alias: "n",
      type: "string",
      requiresArg: true,
      default: "20",
      coerce: lastValue,
      describe: "With --all, how many that ended; 1 or more",
    },
  },
  examples: [
    ["$0 ps", "what waits and runs, over all hosts of the data directory"],
    ["$0 ps --all --run run_20260101", "everything of the runs of a day"],
    ["$0 ps --json | jq '.jobs[] | select(.state == \"waiting\")'", "for programs"],
  ],

  async run({ all, run, limit }, { terminal, config }): Promise<ExitCode> {
    const most = wholeNumber("limit", limit, { least: 1 });
    await using sources = await WorkSources.open((await config()).config);
    const open = await openWork(sources);
    const ended = all ? await endedWork(sources, most) : { jobs: [], compositions: [] };
    const ofRun = ({ runId }: { readonly runId: string | null }): boolean => run === undefined || (runId?.startsWith(run) ?? false);
    const work: OpenWork = {
      ...open,
      jobs: [...ended.jobs, ...open.jobs].filter(ofRun),
      compositions: [...ended.compositions, ...open.compositions].filter(ofRun),
    };
    if (terminal.json) terminal.printJson(work);
    else show(work, terminal);
    return 0;
  },
};

function show(work: OpenWork, terminal: Terminal): void {
  const { jobs, compositions, unlisted, silent, hostPids } = work;
  for (const line of workLines(work, { nowMs: Date.now(), columns: terminal.columns, colors: terminal.colors })) terminal.print(line);
  if (jobs.length + compositions.length === 0)
    terminal.note(
      `Nothing waits or runs${hostPids.length === 0 ? ", and no host does" : ` in ${hostPids.length === 1 ? "the host" : "the hosts"} of pid ${hostPids.join(", ")}`}.`,
    );
  if (unlisted > 0) terminal.note(`${unlisted} more jobs wait or run.`);
  for (const { pid, reason } of silent)
    terminal.alert(`${terminal.noteColors.yellow("warning")} The host of pid ${pid} cannot be asked: ${reason}. What it has is not shown.`);
}
