import type { CommandContext } from "../command.ts";
import { usageError } from "../usage-error.ts";

/**
 * Asks before something is done that cannot be undone. `--yes` is the answer where nobody can be asked.
 * @returns false for no; null when the question is answered with Ctrl-C
 * @throws CjmError CJM_USAGE where there is no terminal and no `--yes`
 */
export async function confirmed(
  question: string,
  yes: boolean,
  { stdin, signal, terminal }: Pick<CommandContext, "stdin" | "signal" | "terminal">,
): Promise<boolean | null> {
  if (yes) return true;
  if (!stdin.isTTY || terminal.json) {
    throw usageError(`${question} Nobody can be asked here.`, "Say --yes to have it done, or --dry-run to see what that would be.");
  }
  const { confirm, isCancel } = await import("@clack/prompts");
  const answer = await confirm({ message: question, initialValue: false, signal, output: process.stderr });
  return isCancel(answer) ? null : answer;
}
