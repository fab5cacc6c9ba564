import { generateAdapterManifest, isAdapterSpec } from "@cjm/environments";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { StepLine } from "../install/step-line.ts";
import { usageError } from "../usage-error.ts";

interface GenerateAdapterOptions extends GlobalOptions {
  readonly environment: string;
  readonly target: string;
}

export const generateAdapterManifestCommand: Command<GenerateAdapterOptions> = {
  positionals: {
    environment: { type: "string", demandOption: true, describe: "A capability that lives in it, its path, or its conda name" },
    target: { type: "string", demandOption: true, describe: "The adapter, as module:Class" },
  },
  options: {},
  examples: [["$0 generate-adapter-manifest whisper transcription_adapters.generic:GenericTranscriptionAdapter", "make an adapter known"]],

  async run({ environment, target }, { terminal, signal, config }): Promise<ExitCode> {
    if (!isAdapterSpec(target)) throw usageError(`'${target}' names no adapter.`, "Write it as module:Class.");
    using line = new StepLine(terminal);
    const { path, manifest } = await generateAdapterManifest(environment, target, {
      config: (await config()).config,
      signal,
      onStep: (title) => line.say(title),
    });
    if (terminal.json) terminal.printJson({ name: manifest.name, task: manifest.task_name, path });
    else terminal.print(`Wrote the manifest of ${manifest.name} for the task ${manifest.task_name}: ${path}`);
    return 0;
  },
};
