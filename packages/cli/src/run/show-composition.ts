import { type Composition, criticalPath } from "@cjm/core";
import type { ExitCode } from "../command.ts";
import type { Terminal } from "../terminal/terminal.ts";
import type { CompositionHandle } from "./composition-handle.ts";
import { followComposition } from "./follow-composition.ts";
import { lastNodes } from "./last-nodes.ts";
import { summaryLines } from "./run-summary.ts";

/** Progress of a composition while it runs, then what came of it, and the exit code for that. */
export async function showComposition(handle: CompositionHandle, composition: Composition, terminal: Terminal): Promise<ExitCode> {
  await followComposition(handle, terminal);
  const outcome = await handle.wait();
  if (terminal.json) terminal.printJson(outcome);
  else {
    const result = { outcome, lastNodes: lastNodes(composition), path: criticalPath(handle.plan, outcome) };
    for (const line of summaryLines(result, terminal.colors)) terminal.print(line);
  }
  // A best-effort composition ends as completed whatever happened; to a shell a node that failed is a failure all the same.
  return outcome.status === "completed" && outcome.nodes.every(({ state }) => state !== "failed") ? 0 : 1;
}
