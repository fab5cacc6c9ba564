import { existsSync } from "node:fs";
import { dataLayout } from "@cjm/core";
import { applyRetention } from "@cjm/store";
import { lastValue, wholeNumber } from "../arguments/option-values.ts";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";

interface RetentionOptions extends GlobalOptions {
  readonly maxAgeDays?: string | undefined;
  readonly maxTotalMb?: string | undefined;
}

export const retentionCommand: Command<RetentionOptions> = {
  positionals: {},
  options: {
    "max-age-days": { type: "string", requiresArg: true, coerce: lastValue, describe: "Forget what is older; 0 for no limit" },
    "max-total-mb": { type: "string", requiresArg: true, coerce: lastValue, describe: "Forget the oldest until the rest fits" },
  },
  examples: [["$0 retention --max-age-days 7", "keep a week; without options, what cjm.yaml says"]],

  async run({ maxAgeDays, maxTotalMb }, { terminal, config: configOf }): Promise<ExitCode> {
    const age = maxAgeDays === undefined ? undefined : wholeNumber("max-age-days", maxAgeDays);
    const size = maxTotalMb === undefined ? undefined : wholeNumber("max-total-mb", maxTotalMb);
    const { config } = await configOf();
    const path = dataLayout(config.dataDir).diagnostics;
    const policy = { maxAgeDays: age ?? config.diagnosticsRetentionDays, maxTotalMb: size ?? config.diagnosticsRetentionMaxMb };
    const report = existsSync(path) ? applyRetention({ path, policy, nowMs: Date.now() }) : { recordsDeleted: 0, chunksDeleted: 0 };
    if (terminal.json) terminal.printJson(report);
    else
      terminal.print(
        `Forgot ${report.recordsDeleted} log records and ${report.chunksDeleted} pieces of output. The journal keeps everything.`,
      );
    return 0;
  },
};
