import { dataLayout } from "@cjm/core";
import { SecretFile } from "@cjm/store";
import { lastValue } from "../arguments/option-values.ts";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { readSecret } from "../secrets/read-secret.ts";
import { usageError } from "../usage-error.ts";

interface SetSecretOptions extends GlobalOptions {
  readonly name: string;
  readonly key: string;
  readonly valueFile?: string | undefined;
  readonly value?: string | undefined;
}

export const setSecretCommand: Command<SetSecretOptions> = {
  positionals: {
    name: { type: "string", demandOption: true, describe: "Capability, as 'cjm-ctl list' names it" },
    key: { type: "string", demandOption: true, describe: "Environment variable that its worker gets" },
  },
  options: {
    "value-file": { type: "string", requiresArg: true, coerce: lastValue, describe: "Read the value from this file" },
    value: { type: "string", hidden: true, coerce: lastValue },
  },
  examples: [
    ["$0 set-secret my-capability API_KEY", "be asked for it"],
    ["pass show api | $0 set-secret my-capability API_KEY", "pipe it in"],
  ],

  async run({ name, key, valueFile, value }, context): Promise<ExitCode> {
    if (value !== undefined) {
      throw usageError(
        "A secret on the command line stands in the shell's history and in the list of processes.",
        "Leave --value out and type it, pipe it in, or use --value-file.",
      );
    }
    const { config } = await context.config();
    const secrets = new SecretFile(dataLayout(config.dataDir).secrets);
    const known = secrets.list(name).includes(key);
    const secret = await readSecret(`${key} of ${name}`, valueFile, context);
    if (secret === null) return 130;
    secrets.set(name, key, secret);
    if (context.terminal.json) context.terminal.printJson({ name, key, replaced: known });
    else context.terminal.print(`${known ? "Replaced" : "Kept"} ${key} of ${name}. Its workers get it when they start next.`);
    return 0;
  },
};
