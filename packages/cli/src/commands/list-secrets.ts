import { dataLayout } from "@cjm/core";
import { SecretFile } from "@cjm/store";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { doubtAbout } from "../secrets/doubt.ts";
import { CAPABILITY_POSITIONAL, SCOPE_OPTION } from "../secrets/secret-options.ts";

interface ListSecretsOptions extends GlobalOptions {
  readonly name: string;
  readonly scope?: string | undefined;
}

export const listSecretsCommand: Command<ListSecretsOptions> = {
  positionals: { name: CAPABILITY_POSITIONAL },
  options: { scope: SCOPE_OPTION },
  examples: [["$0 list-secrets my-capability", "the names alone; no command shows a value"]],

  async run({ name, scope }, { terminal, config: configOf }): Promise<ExitCode> {
    const { config } = await configOf();
    const keys = new SecretFile(dataLayout(config.dataDir).secrets).list(name, scope);
    if (terminal.json) terminal.printJson({ name, keys });
    else if (keys.length === 0) terminal.note(`No secret is kept for ${name}. ${doubtAbout(name, config) ?? ""}`.trimEnd());
    else for (const key of keys) terminal.print(key);
    return 0;
  },
};
