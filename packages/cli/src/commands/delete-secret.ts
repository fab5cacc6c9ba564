import { dataLayout, didYouMean } from "@cjm/core";
import { SecretFile } from "@cjm/store";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { doubtAbout } from "../secrets/doubt.ts";
import { CAPABILITY_POSITIONAL, SCOPE_OPTION } from "../secrets/secret-options.ts";

interface DeleteSecretOptions extends GlobalOptions {
  readonly name: string;
  readonly key: string;
  readonly scope?: string | undefined;
}

export const deleteSecretCommand: Command<DeleteSecretOptions> = {
  positionals: {
    name: CAPABILITY_POSITIONAL,
    key: { type: "string", demandOption: true, describe: "Name of the secret" },
  },
  options: { scope: SCOPE_OPTION },
  examples: [["$0 delete-secret my-capability API_KEY", "its workers no longer get it when they start"]],
  exitCodes: [[1, "failed, or there was no such secret"]],

  async run({ name, key, scope }, { terminal, config: configOf }): Promise<ExitCode> {
    const { config } = await configOf();
    const secrets = new SecretFile(dataLayout(config.dataDir).secrets);
    const deleted = secrets.delete(name, key, scope);
    if (terminal.json) terminal.printJson({ name, key, deleted });
    else if (deleted) terminal.print(`Forgot ${key} of ${name}.`);
    else {
      const kept = secrets.list(name, scope);
      const guess = kept.length === 0 ? ` ${doubtAbout(name, config) ?? ""}`.trimEnd() : didYouMean(key, kept);
      terminal.alert(`There is no secret ${key} of ${name}.${guess}`);
    }
    return deleted ? 0 : 1;
  },
};
