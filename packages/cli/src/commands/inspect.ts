import { CjmError } from "@cjm/core";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { compositionStory, compositionStoryLines } from "../jobs/composition-story.ts";
import { findWork } from "../jobs/find-work.ts";
import { jobStory } from "../jobs/job-story.ts";
import { jobStoryLines } from "../jobs/job-story-lines.ts";
import { WorkSources } from "../jobs/work-sources.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface InspectOptions extends GlobalOptions {
  readonly id: string;
}

export const inspectCommand: Command<InspectOptions> = {
  positionals: {
    id: { type: "string", demandOption: true, describe: "Of a job, a composition or a run: whole, its beginning, or as 'ps' shows it" },
  },
  options: {},
  examples: [
    ["$0 inspect 3f2a9c41", "when it waited and why, what it ran on, how it ended, what its worker said"],
    ["$0 inspect run_20260101_120000_1a2b3c4d", "the nodes of a run, and what it took its time for"],
    ["$0 inspect 5b6c7d8e --json | jq -r .mermaid", "a drawing of a composition"],
  ],

  async run({ id: written }, { terminal, config }): Promise<ExitCode> {
    await using sources = await WorkSources.open((await config()).config);
    const { kind, id } = await findWork(written, ["job", "composition", "run"], sources);
    if (kind === "job") await showJob(id, sources, terminal);
    else if (kind === "composition") await showComposition(id, sources, terminal);
    else await showRun(id, sources, terminal);
    return 0;
  },
};

async function showJob(id: string, sources: WorkSources, terminal: Terminal): Promise<void> {
  const story = await jobStory(id, sources);
  if (terminal.json) terminal.printJson(story);
  else for (const line of jobStoryLines(story, terminal.colors)) terminal.print(line);
}

async function showComposition(id: string, sources: WorkSources, terminal: Terminal): Promise<void> {
  const story = await compositionStory(id, sources);
  if (terminal.json) terminal.printJson(story);
  else
    for (const line of compositionStoryLines(story, { nowMs: Date.now(), columns: terminal.columns, colors: terminal.colors }))
      terminal.print(line);
}

const MOST = 1000;

/** Its compositions, and the jobs that belong to none. */
async function showRun(runId: string, sources: WorkSources, terminal: Terminal): Promise<void> {
  const { store } = sources;
  const compositions = ((await store?.listCompositions({ limit: MOST })) ?? []).filter((composition) => composition.runId === runId);
  const jobs = ((await store?.list({ runId, limit: MOST })) ?? []).filter(({ spec }) => spec.compositionId === null);
  if (compositions.length + jobs.length === 0)
    throw new CjmError("CJM_JOB_NOT_FOUND", `The job store knows nothing of run ${runId} any more.`, {
      hint: `'cjm-ctl logs --run ${runId}' shows what the journal has.`,
    });
  if (terminal.json) {
    const stories = await Promise.all(compositions.map(({ compositionId }) => compositionStory(compositionId, sources)));
    terminal.printJson({ runId, compositions: stories, jobs: await Promise.all(jobs.map(({ spec }) => jobStory(spec.jobId, sources))) });
    return;
  }
  let isFirst = true;
  for (const show of [
    ...compositions.toReversed().map(
      ({ compositionId }) =>
        () =>
          showComposition(compositionId, sources, terminal),
    ),
    ...jobs.toReversed().map(
      ({ spec }) =>
        () =>
          showJob(spec.jobId, sources, terminal),
    ),
  ]) {
    if (!isFirst) terminal.print();
    isFirst = false;
    await show();
  }
}
