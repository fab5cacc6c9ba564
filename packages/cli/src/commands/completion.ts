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
    "Completes commands, options, installed capabilities, their actions and arguments, inputs of compositions, secrets and keys of the configuration.",

  async run({ shell: given }, { terminal, env }): Promise<ExitCode> {
    const name = given ?? basename(env["SHELL"] ?? "bash");
    const shell = SHELLS.find((known) => known === name);
    if (shell === undefined)
      throw usageError(`There is no completion for '${name}'.${didYouMean(name, SHELLS)}`, `There is one for ${SHELLS.join(", ")}.`);
    if (terminal.json) terminal.printJson({ shell, script: SCRIPTS[shell], install: INSTALL[shell] });
    else terminal.print(SCRIPTS[shell].trimEnd());
    return 0;
  },
};
