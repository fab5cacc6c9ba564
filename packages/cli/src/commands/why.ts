import { CjmError } from "@cjm/core";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { type Explained, explanationLines } from "../jobs/explanation-lines.ts";
import { findWork } from "../jobs/find-work.ts";
import { openWork, storedJob } from "../jobs/open-work.ts";
import { WorkSources } from "../jobs/work-sources.ts";
import { usageError } from "../usage-error.ts";

interface WhyOptions extends GlobalOptions {
  readonly job: string;
}

export const whyCommand: Command<WhyOptions> = {
  positionals: { job: { type: "string", demandOption: true, describe: "Its id, the beginning of it, or as 'ps' shows it" } },
  options: {},
  examples: [["$0 why 3f2a9c41", "what is missing, who holds it, what making room would cost"]],

  async run({ job: written }, { terminal, config }): Promise<ExitCode> {
    await using sources = await WorkSources.open((await config()).config);
    const { kind, id } = await findWork(written, ["job", "composition"], sources);
    if (kind !== "job") throw usageError(`${id} is a composition.`, `'cjm-ctl inspect ${id}' shows how each of its nodes stands.`);
    const explained = await explain(id, sources);
    if (terminal.json) terminal.printJson(explained);
    else for (const line of explanationLines(explained, Date.now(), terminal.colors)) terminal.print(line);
    return 0;
  },
};

async function explain(jobId: string, sources: WorkSources): Promise<Explained> {
  const work = await openWork(sources);
  const open = work.jobs.find((job) => job.jobId === jobId);
  if (open !== undefined) {
    const host = sources.connected.hosts.find(({ info }) => info.pid === open.hostPid);
    // It may have ended since it was listed; then how it stood is the answer.
    const explanation = (await host?.explain(jobId).catch(() => null)) ?? null;
    return { job: open, explanation };
  }
  const stored = (await sources.store?.find(jobId)) ?? null;
  if (stored !== null) return { job: storedJob(stored, stored.endedAt === null ? "waiting" : stored.status), explanation: null };
  throw new CjmError("CJM_JOB_NOT_FOUND", `Job ${jobId} is over, and was kept in the memory of its host alone.`, {
    hint: `'cjm-ctl inspect ${jobId}' shows what the journal knows of it.`,
  });
}
