import { repair } from "@cjm/environments";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { StepLine } from "../install/step-line.ts";

interface RepairOptions extends GlobalOptions {
  readonly name: string;
}

export const repairCommand: Command<RepairOptions> = {
  positionals: { name: { type: "string", demandOption: true, describe: "Capability, as 'cjm-ctl list' names it" } },
  options: {},
  examples: [["$0 repair documents", "make its environment again, with exactly the packages it had"]],

  async run({ name }, { terminal, signal, config }): Promise<ExitCode> {
    using line = new StepLine(terminal);
    const { environment, sharedWith } = await repair(name, {
      config: (await config()).config,
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
