import { dataLayout } from "@cjm/core";
import { SecretFile } from "@cjm/store";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";

interface ListSecretsOptions extends GlobalOptions {
  readonly name: string;
}

export const listSecretsCommand: Command<ListSecretsOptions> = {
  positionals: {
    name: {
      type: "string",
      demandOption: true,
      describe: "Capability, as 'cjm-ctl list' names it",
    },
  },
  options: {},
  examples: [],

  async run({ name }, { terminal, config }): Promise<ExitCode> {
    const keys = new SecretFile(dataLayout((await config()).config.dataDir).secrets).list(name);
    if (terminal.json) terminal.printJson({ name, keys });
    else if (keys.length === 0) terminal.note(`No secret is kept for ${name}.`);
    else for (const key of keys) terminal.print(key);
    return 0;
  },
};
