import { existsSync } from "node:fs";
import { dataLayout } from "@cjm/core";
import { applyRetention, SqliteJobStore } from "@cjm/store";
import { lastValue, wholeNumber } from "../arguments/option-values.ts";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";

interface RetentionOptions extends GlobalOptions {
  readonly maxAgeDays?: string | undefined;
  readonly maxTotalMb?: string | undefined;
  readonly jobsMaxAgeDays?: string | undefined;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Longer ago there is no date to compare with. */
const DAYS = { most: 100 * 365 };

export const retentionCommand: Command<RetentionOptions> = {
  positionals: {},
  options: {
    "max-age-days": { type: "string", requiresArg: true, coerce: lastValue, describe: "Forget logs that are older; 0 for no limit" },
    "max-total-mb": {
      type: "string",
      requiresArg: true,
      coerce: lastValue,
      describe: "Forget the oldest logs until the rest fits into this many MiB, 1 or more",
    },
    "jobs-max-age-days": {
      type: "string",
      requiresArg: true,
      coerce: lastValue,
      describe: "Forget jobs, with their results, that ended longer ago; 0 for no limit",
    },
  },
  examples: [
    ["$0 retention", "as cjm.yaml says: substrate.diagnostics_retention_days and the like"],
    ["$0 retention --max-age-days 7 --jobs-max-age-days 90", "keep logs for a week and results for three months"],
  ],

  async run({ maxAgeDays, maxTotalMb, jobsMaxAgeDays }, { terminal, config: configOf }): Promise<ExitCode> {
    const age = maxAgeDays === undefined ? undefined : wholeNumber("max-age-days", maxAgeDays, DAYS);
    const size = maxTotalMb === undefined ? undefined : wholeNumber("max-total-mb", maxTotalMb, { least: 1 });
    const jobsAge = jobsMaxAgeDays === undefined ? undefined : wholeNumber("jobs-max-age-days", jobsMaxAgeDays, DAYS);
    const { config } = await configOf();
    const layout = dataLayout(config.dataDir);
    const path = layout.diagnostics;
    const policy = { maxAgeDays: age ?? config.diagnosticsRetentionDays, maxTotalMb: size ?? config.diagnosticsRetentionMaxMb };
    const logs = existsSync(path) ? applyRetention({ path, policy, nowMs: Date.now() }) : { recordsDeleted: 0, chunksDeleted: 0 };
    const jobsDeleted = await forgetJobs(layout, jobsAge ?? config.jobsRetentionDays);
    if (terminal.json) terminal.printJson({ ...logs, jobsDeleted });
    else
      terminal.print(
        `Forgot ${logs.recordsDeleted} log records, ${logs.chunksDeleted} pieces of output and ${jobsDeleted} jobs. The journal keeps everything.`,
      );
    return 0;
  },
};

async function forgetJobs(layout: ReturnType<typeof dataLayout>, maxAgeDays: number): Promise<number> {
  if (maxAgeDays <= 0 || !existsSync(layout.jobs)) return 0;
  await using jobs = SqliteJobStore.open(layout.jobs, { resultsFolder: layout.jobResults });
  return (await jobs.prune({ olderThanMs: maxAgeDays * DAY_MS })).jobs;
}
