import { dataLayout, didYouMean } from "@cjm/core";
import { SecretFile } from "@cjm/store";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";

interface DeleteSecretOptions extends GlobalOptions {
  readonly name: string;
  readonly key: string;
}

export const deleteSecretCommand: Command<DeleteSecretOptions> = {
  positionals: {
    name: { type: "string", demandOption: true, describe: "Capability, as 'cjm-ctl list' names it" },
    key: { type: "string", demandOption: true, describe: "Name of the secret" },
  },
  options: {},
  examples: [],

  async run({ name, key }, { terminal, config }): Promise<ExitCode> {
    const secrets = new SecretFile(dataLayout((await config()).config.dataDir).secrets);
    const deleted = secrets.delete(name, key);
    if (terminal.json) terminal.printJson({ name, key, deleted });
    else if (deleted) terminal.print(`Forgot ${key} of ${name}.`);
    else terminal.alert(`There is no secret ${key} of ${name}.${didYouMean(key, secrets.list(name))}`);
    return deleted ? 0 : 1;
  },
};
