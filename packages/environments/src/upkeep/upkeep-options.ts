import type { CjmConfig } from "@cjm/core";
import { StepRunner } from "../build/step-runner.ts";
import { installationLog } from "../installation-log.ts";

/** What every command on one installed thing takes. */
export interface UpkeepOptions {
  readonly config: CjmConfig;
  readonly signal?: AbortSignal;
  readonly onStep?: (title: string) => void;
}

/** Where the steps of a command run; `label` names its log. */
export function openSteps(label: string, { config, signal, onStep }: UpkeepOptions): Promise<StepRunner> {
  return StepRunner.open({ entryName: label, logPath: installationLog(config.dataDir, label), signal, onStep });
}
