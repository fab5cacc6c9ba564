import { type CriticalPath, durationText } from "@cjm/core";
import type { Colors } from "../terminal/terminal.ts";
import type { CompositionOutcome } from "./composition-handle.ts";

const SHOWN_STEPS = 6;
const SHOWN_FAILURES = 10;
const SHOWN_RESULT_CHARACTERS = 2000;

export interface RunResult {
  readonly outcome: CompositionOutcome;
  /** Nodes whose results are shown when the composition names no outputs. */
  readonly lastNodes: readonly string[];
  readonly path: CriticalPath;
}

/** The end of a run for people: how it went, what it took its time for, what came of it, what failed, what to type next. */
export function summaryLines({ outcome, lastNodes, path }: RunResult, colors: Colors): readonly string[] {
  const { bold, green, red, yellow, dim } = colors;
  const paint = { completed: green, failed: red, cancelled: yellow, partial: yellow, running: yellow }[outcome.status as string] ?? red;
  const took = outcome.endedAt === null ? "" : ` in ${durationText(outcome.endedAt - outcome.startedAt)}`;
  return [
    `${bold(outcome.name)} ${paint(outcome.status)}${took}`,
    ...(outcome.nodes.length < 2 || path.steps.length === 0 ? [] : [`${dim("critical path")} ${pathText(path)}`]),
    ...resultLines(outcome, lastNodes, colors),
    ...failureLines(outcome, colors),
    "",
    `${dim("run ")} ${outcome.runId ?? "-"}`,
    `${dim("next")} cjm-ctl logs --run ${outcome.runId ?? outcome.compositionId}`,
  ];
}

/** `find 100 ms (3 %) -> parse 1.9 s (60 %)`; of a long one the steps that took longest. */
function pathText({ steps }: CriticalPath): string {
  const shown = new Set(steps.toSorted((a, b) => b.ms - a.ms).slice(0, SHOWN_STEPS));
  const parts = steps.map((step) =>
    shown.has(step) ? `${step.nodeId} ${durationText(step.ms)} (${Math.round(step.share * 100)} %)` : "…",
  );
  return parts.filter((part, index) => part !== "…" || parts[index - 1] !== "…").join(" -> ");
}

/** The outputs, or what the nodes that no other node builds on gave, unless it is too long to look at. */
function resultLines({ results, outputs }: CompositionOutcome, lastNodes: readonly string[], { bold, dim }: Colors): readonly string[] {
  const shown = Object.keys(outputs).length > 0 ? outputs : Object.fromEntries(lastNodes.map((id) => [id, results[id]]));
  return Object.entries(shown).flatMap(([id, result]) => {
    if (result === undefined || result === null) return [];
    const text = typeof result === "string" ? result : JSON.stringify(result, null, 2);
    return text.length <= SHOWN_RESULT_CHARACTERS
      ? ["", bold(id), text.replaceAll(/^/gm, "  ")]
      : ["", `${bold(id)} ${dim(`gave ${text.length} characters; --json prints them`)}`];
  });
}

function failureLines({ nodes, failures, runId }: CompositionOutcome, { bold, red, dim }: Colors): readonly string[] {
  const all = Object.entries(failures).flatMap(([id, items]) => items.map((failure) => ({ id, ...failure })));
  if (all.length === 0) return [];
  const isFanOut = new Set(nodes.filter((node) => node.isFanOut).map(({ id }) => id));
  const rest = all.length - SHOWN_FAILURES;
  return [
    "",
    bold(`${all.length} ${all.length === 1 ? "failure" : "failures"}`),
    ...all.slice(0, SHOWN_FAILURES).map(({ id, index, item, error }) => {
      const label = isFanOut.has(id) ? `${id}[${index}]` : id;
      const about = isFanOut.has(id) ? ` ${dim(itemText(item))}` : "";
      return `  ${red(label)}${about}  ${error.message.replaceAll("\n", "\n    ")}`;
    }),
    ...(rest > 0 ? [`  and ${rest} more: cjm-ctl logs --run ${runId ?? ""} --limit 0`] : []),
  ];
}

/** What an item is, in a few words: its path when it has one. */
function itemText(item: unknown): string {
  if (typeof item === "string") return cut(item);
  if (typeof item === "object" && item !== null) {
    for (const key of ["relativePath", "path", "name", "id"] as const) {
      const value = (item as Record<string, unknown>)[key];
      if (typeof value === "string") return cut(value);
    }
  }
  return cut(JSON.stringify(item));
}

function cut(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
