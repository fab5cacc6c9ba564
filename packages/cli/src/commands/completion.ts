import { basename } from "node:path";
import { didYouMean } from "@cjm/core";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { INSTALL, SCRIPTS, SHELLS } from "../completion/shell-scripts.ts";
import { usageError } from "../usage-error.ts";

interface CompletionOptions extends GlobalOptions {
  readonly shell?: string | undefined;
}

export const completionCommand: Command<CompletionOptions> = {
  positionals: { shell: { type: "string", describe: `One of ${SHELLS.join(", ")}  [default: that of SHELL]` } },
  options: {},
  examples: [
    ["source <($0 completion bash)", "try it in this shell"],
    [INSTALL.bash, "bash: for every new shell"],
    [INSTALL.zsh, "zsh"],
    [INSTALL.fish, "fish"],
  ],
  notes:
    "Completes commands, options, installed capabilities, their actions and arguments, inputs of compositions, secrets, keys of the configuration, and ids of jobs, compositions and runs.",

  async run({ shell: given }, { terminal, env }): Promise<ExitCode> {
    const own = env["SHELL"] || "bash";
    const name = given ?? basename(own);
    const shell = SHELLS.find((known) => known === name);
    if (shell === undefined) {
      const from = given === undefined ? `, the shell that SHELL names (${own}).` : `.${didYouMean(name, SHELLS)}`;
      const choices = SHELLS.map((known) => `'cjm-ctl completion ${known}'`);
      throw usageError(
        `There is no completion for '${name}'${from}`,
        `There is one for ${SHELLS.join(", ")}; choose it with ${choices.join(", ").replace(/, (?=[^,]*$)/, " or ")}.`,
      );
    }
    if (terminal.json) terminal.printJson({ shell, script: SCRIPTS[shell], install: INSTALL[shell] });
    else terminal.print(SCRIPTS[shell].trimEnd());
    return 0;
  },
};
