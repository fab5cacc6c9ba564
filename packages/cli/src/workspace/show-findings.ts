import type { WorkspaceFinding } from "@cjm/pipeline";
import type { Terminal } from "../terminal/terminal.ts";

/** The lines of the original's doctor: `ok: ...` and `warn: ...`. */
export function showFindings(findings: readonly WorkspaceFinding[], terminal: Terminal): void {
  const { green, yellow } = terminal.colors;
  for (const { ok, text } of findings) terminal.print(`${ok ? green("ok:") : yellow("warn:")} ${text}`);
}
