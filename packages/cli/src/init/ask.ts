import type { CommandContext } from "../command.ts";
import { usageError } from "../usage-error.ts";

type Asked = Pick<CommandContext, "stdin" | "signal" | "terminal">;

/** What is asked for, and how it is said without being asked. */
export interface Question {
  /** `Name of the capability` */
  readonly message: string;
  /** `Say it: cjm-ctl init capability NAME` */
  readonly without: string;
}

/** Thrown when a question is answered with Ctrl-C. */
export class Unanswered extends Error {}

/** @throws CjmError CJM_USAGE where nobody can be asked; Unanswered */
export async function askText({ message, without }: Question, context: Asked): Promise<string> {
  refuseUnlessTerminal(message, without, context);
  const { text } = await import("@clack/prompts");
  return answered<string>(await text({ message, signal: context.signal, output: process.stderr }));
}

/** One of several. @throws CjmError CJM_USAGE where nobody can be asked; Unanswered */
export async function askChoice<Choice extends string>(
  { message, without }: Question,
  choices: readonly Choice[],
  context: Asked,
): Promise<Choice> {
  refuseUnlessTerminal(message, without, context);
  const { select } = await import("@clack/prompts");
  const options = choices.map((value) => ({ value: value as string, label: value }));
  const answer = answered<string>(await select({ message, options, signal: context.signal, output: process.stderr }));
  const chosen = choices.find((choice) => choice === answer);
  if (chosen === undefined) throw new Unanswered();
  return chosen;
}

/** Any of several. @throws CjmError CJM_USAGE where nobody can be asked; Unanswered */
export async function askChoices({ message, without }: Question, choices: readonly string[], context: Asked): Promise<readonly string[]> {
  refuseUnlessTerminal(message, without, context);
  const { multiselect } = await import("@clack/prompts");
  const options = choices.map((value) => ({ value, label: value }));
  return answered<readonly string[]>(
    await multiselect({ message, options, required: true, signal: context.signal, output: process.stderr }),
  );
}

function refuseUnlessTerminal(message: string, without: string, { stdin, terminal }: Asked): void {
  if (!stdin.isTTY || terminal.json) throw usageError(`${message}? Nobody can be asked here.`, without);
}

/** A symbol is how a question says that it was left with Ctrl-C. */
function answered<T>(answer: T | symbol | undefined): T {
  if (typeof answer === "symbol" || answer === undefined) throw new Unanswered();
  return answer;
}
