import { CjmError, errorMessage, isCjmError } from "@cjm/core";
import type { Terminal } from "./terminal/terminal.ts";

/** Prints what went wrong: a sentence and the way out; the stack only for those who asked. */
export function reportError(thrown: unknown, terminal: Terminal, debug: boolean): void {
  const error = isCjmError(thrown)
    ? thrown
    : new CjmError("CJM_INTERNAL", errorMessage(thrown), {
        hint: "This is a defect of cjm. Run the command again with --debug and report what it prints.",
        cause: thrown,
      });
  if (terminal.json) {
    const { code, message, hint, category, retriable } = error;
    const stack = debug ? { stack: stacksOf(error, thrown) } : {};
    terminal.alert(JSON.stringify({ error: { code, message, hint, category, retriable, ...stack } }));
    return;
  }
  const { red, bold, dim } = terminal.noteColors;
  terminal.alert(`${red(bold("error"))} ${error.message} ${dim(`[${error.code}]`)}`);
  if (error.hint !== null) terminal.alert(`      ${error.hint}`);
  if (debug) terminal.alert(`\n${stacksOf(error, thrown)}`);
  else if (error.jobError?.traceback != null) terminal.alert(dim("      --debug shows the stack of the capability."));
}

/** That of the capability, if the error is one of a capability, and our own. */
function stacksOf(error: CjmError, thrown: unknown): string {
  const theirs = error.jobError?.traceback;
  return `${theirs == null ? "" : `In the capability:\n${theirs}\n\n`}${stackOf(thrown)}`;
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const own = thrown.stack ?? thrown.message;
  return thrown.cause === undefined ? own : `${own}\ncaused by: ${stackOf(thrown.cause)}`;
}
