import { CjmError, didYouMean } from "@cjm/core";

/** Something typed on the command line that the command does not understand. */
export function usageError(message: string, hint?: string): CjmError {
  return new CjmError("CJM_USAGE", message, hint === undefined ? {} : { hint });
}

export interface KnownNames {
  readonly commands: readonly string[];
  /** Long options of the command that was asked for, without dashes. */
  readonly options: readonly string[];
  /** Name and positionals of the command that was asked for, as the command table has them. */
  readonly usage?: string | undefined;
}

/** What yargs says of a bad command line, in words that name the way out. */
export function usageErrorFrom(message: string, argv: readonly string[], known: KnownNames): CjmError {
  const command = argv.find((arg) => known.commands.includes(arg));
  const help = `'cjm-ctl ${command === undefined ? "" : `${command} `}--help' shows what there is.`;
  const option = unknownOption(message, argv, known.options);
  if (option !== null)
    return usageError(
      `There is no option ${option}.${didYouMean(
        option,
        known.options.map((name) => `--${name}`),
      )}`,
      help,
    );
  if (command === undefined) {
    const written = argv.find((arg) => !arg.startsWith("-"));
    if (written === undefined) return usageError("No command was given.", help);
    return usageError(`There is no command '${written}'.${didYouMean(written, known.commands)}`, help);
  }
  const extra = /^Unknown (?:argument|command)s?: ([^,]+)/.exec(message)?.[1];
  if (extra !== undefined) {
    const option = ASSIGNED_BY[command];
    // Whole, as it was written: the message separates words by commas, which a value may have, too.
    const word = argv.find((arg) => arg.startsWith(extra)) ?? extra;
    const isAssignment = option !== undefined && /^[^-=][^=]*=/.test(word);
    return usageError(`'${word}' is one argument too many.`, isAssignment ? `Write it as ${option} ${word}.` : help);
  }
  const withoutValue = /^Not enough arguments following: (\S+)$/.exec(message)?.[1];
  if (withoutValue !== undefined) return usageError(`${withoutValue.length === 1 ? "-" : "--"}${withoutValue} takes a value.`, help);
  const missing = missingPositionals(message, known.usage ?? "");
  if (missing.length > 0) {
    const [verb, word] = missing.length === 1 ? ["is", "argument"] : ["are", "arguments"];
    return usageError(`The ${word} ${missing.join(" and ")} ${verb} missing.`, `Write it as cjm-ctl ${known.usage}. ${help}`);
  }
  return usageError(`${message}${/[.!?]$/.test(message) ? "" : "."}`, help);
}

/** The option that takes NAME=VALUE, for commands that have one: values are often written without it. */
const ASSIGNED_BY: Readonly<Record<string, string>> = { call: "--arg", run: "--set" };

const TOO_FEW = "Not enough non-option arguments";

/** Positionals that the command needs and did not get, as its usage has them; of a message about something else none. */
function missingPositionals(message: string, usage: string): readonly string[] {
  const got = /^Not enough non-option arguments: got (\d+)/.exec(message)?.[1];
  return got === undefined ? [] : (usage.match(/<[^>]+>/g) ?? []).slice(Number(got));
}

/** The first word that looks like an option and is none, as written; null when the fault is another. */
function unknownOption(message: string, argv: readonly string[], options: readonly string[]): string | null {
  const unknown = /^Unknown arguments?: (.+)$/.exec(message)?.[1]?.split(", ") ?? [];
  const written = argv.filter((arg) => /^--?[^-]/.test(arg)).map((arg) => arg.split("=")[0] ?? arg);
  if (unknown.length > 0) return written.find((arg) => unknown.includes(arg.replace(/^-+/, ""))) ?? null;
  // When it lacks a command or an argument, yargs asks for that and leaves the options alone.
  const looksNoFurther = message === "" || message.startsWith(TOO_FEW);
  return looksNoFurther ? (written.find((arg) => !options.includes(arg.replace(/^-+/, ""))) ?? null) : null;
}
