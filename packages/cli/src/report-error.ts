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
    terminal.alert(JSON.stringify({ error: { code, message, hint, category, retriable } }));
  } else {
    const { red, bold, dim } = terminal.noteColors;
    terminal.alert(`${red(bold("error"))} ${error.message} ${dim(`[${error.code}]`)}`);
    if (error.hint !== null) terminal.alert(`      ${error.hint}`);
    if (!debug && error.jobError?.traceback != null) terminal.alert(dim("      --debug shows the stack of the capability."));
  }
  if (!debug) return;
  if (error.jobError?.traceback != null) terminal.alert(`\nIn the capability:\n${error.jobError.traceback}`);
  terminal.alert(`\n${stackOf(thrown)}`);
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const own = thrown.stack ?? thrown.message;
  return thrown.cause === undefined ? own : `${own}\ncaused by: ${stackOf(thrown.cause)}`;
}
