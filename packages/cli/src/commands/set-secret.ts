import { resolve } from "node:path";
import { dataLayout } from "@cjm/core";
import { SecretFile } from "@cjm/store";
import { lastValue } from "../arguments/option-values.ts";
import type { Command, ExitCode, GlobalOptions } from "../command.ts";
import { doubtAbout } from "../secrets/doubt.ts";
import { readSecret } from "../secrets/read-secret.ts";
import { CAPABILITY_POSITIONAL, SCOPE_OPTION } from "../secrets/secret-options.ts";
import { usageError } from "../usage-error.ts";

interface SetSecretOptions extends GlobalOptions {
  readonly name: string;
  readonly key: string;
  readonly valueFile?: string | undefined;
  readonly scope?: string | undefined;
  readonly value?: string | undefined;
}

export const setSecretCommand: Command<SetSecretOptions> = {
  positionals: {
    name: CAPABILITY_POSITIONAL,
    key: { type: "string", demandOption: true, describe: "Environment variable that its worker gets" },
  },
  options: {
    "value-file": { type: "string", requiresArg: true, coerce: lastValue, describe: "Read the value from this file" },
    scope: SCOPE_OPTION,
    value: { type: "string", hidden: true, coerce: lastValue },
  },
  examples: [
    ["$0 set-secret my-capability API_KEY", "be asked for it"],
    ["$0 set-secret my-capability API_KEY --value-file key.txt", "read it from a file"],
    ["pass show api | $0 set-secret my-capability API_KEY", "pipe it in"],
  ],

  async run({ name, key, valueFile, value, scope }, context): Promise<ExitCode> {
    if (value !== undefined) {
      throw usageError(
        "A secret on the command line stands in the shell's history and in the list of processes.",
        "Leave --value out and type it, pipe it in, or use --value-file.",
      );
    }
    const { config } = await context.config();
    const secrets = new SecretFile(dataLayout(config.dataDir).secrets);
    // Before the question: nobody wants to hear afterwards that the name is wrong or the file damaged.
    SecretFile.checkNames(name, key);
    const known = secrets.list(name, scope).includes(key);
    const doubt = doubtAbout(name, config);
    if (doubt !== null) context.terminal.note(`${context.terminal.noteColors.yellow("warning")} ${doubt}`);
    const secret = await readSecret(`${key} of ${name}`, valueFile === undefined ? undefined : resolve(context.cwd, valueFile), context);
    if (secret === null) return 130;
    secrets.set(name, key, secret, scope);
    if (context.terminal.json) context.terminal.printJson({ name, key, replaced: known });
    else context.terminal.print(`${known ? "Replaced" : "Kept"} ${key} of ${name}. Its workers get it when they start next.`);
    return 0;
  },
};
