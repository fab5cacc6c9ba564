import { repair } from "@cjm/environments";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { refuseWhileInUse } from "../install/refuse-while-in-use.ts";
import { StepLine } from "../install/step-line.ts";

interface RepairOptions extends GlobalOptions {
  readonly name: string;
  readonly force: boolean;
}

export const repairCommand: Command<RepairOptions> = {
  positionals: { name: { type: "string", demandOption: true, describe: "Capability, as 'cjm-ctl list' names it" } },
  options: { force: { type: "boolean", default: false, describe: "Also while a host uses it" } },
  examples: [["$0 repair documents", "make its environment again, with exactly the packages it had"]],

  async run({ name, force }, { terminal, signal, config: configOf }): Promise<ExitCode> {
    const { config } = await configOf();
    if (!force) await refuseWhileInUse([name], config.dataDir);
    using line = new StepLine(terminal);
    const { environment, sharedWith } = await repair(name, {
      config,
      signal,
      onStep: (title) => line.say(`${name}: ${title}`),
    });
    if (terminal.json) terminal.printJson({ name, environment: environment.path, sharedWith });
    else {
      terminal.print(`The environment of ${name} was made again: ${environment.path}`);
      if (sharedWith.length > 0) terminal.print(`It is also that of ${sharedWith.join(", ")}.`);
    }
    return 0;
  },
};
