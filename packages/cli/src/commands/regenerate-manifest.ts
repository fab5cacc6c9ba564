import { regenerateManifest } from "@cjm/environments";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { StepLine } from "../install/step-line.ts";

interface RegenerateOptions extends GlobalOptions {
  readonly name: string;
}

export const regenerateManifestCommand: Command<RegenerateOptions> = {
  positionals: { name: { type: "string", demandOption: true, describe: "Capability, as 'cjm-ctl list' names it" } },
  options: {},
  examples: [["$0 regenerate-manifest documents", "introspect it again; overrides, variables and resources stay"]],

  async run({ name }, { terminal, signal, config }): Promise<ExitCode> {
    using line = new StepLine(terminal);
    const onStep = (title: string): void => line.say(`${name}: ${title}`);
    const { path, introspection } = await regenerateManifest(name, { config: (await config()).config, signal, onStep });
    if (terminal.json) terminal.printJson({ name, version: introspection.version, path });
    else terminal.print(`Wrote the manifest of ${name} ${introspection.version}: ${path}`);
    return 0;
  },
};
