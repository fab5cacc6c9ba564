import { durationText } from "@cjm/core";
import type { Colors } from "../terminal/terminal.ts";
import type { CompositionOutcome } from "./composition-handle.ts";

const SHOWN_FAILURES = 10;
const SHOWN_RESULT_CHARACTERS = 2000;

/** The end of a run for people: how it went, what came of it, what failed, what to type next. */
export function summaryLines(outcome: CompositionOutcome, lastNodes: readonly string[], colors: Colors): readonly string[] {
  const { bold, green, red, yellow, dim } = colors;
  const paint = { completed: green, failed: red, cancelled: yellow, partial: yellow, running: yellow }[outcome.status as string] ?? red;
  const took = outcome.endedAt === null ? "" : ` in ${durationText(outcome.endedAt - outcome.startedAt)}`;
  return [
    `${bold(outcome.name)} ${paint(outcome.status)}${took}`,
    ...resultLines(outcome, lastNodes, colors),
    ...failureLines(outcome, colors),
    "",
    `${dim("run ")} ${outcome.runId ?? "-"}`,
    `${dim("next")} cjm-ctl logs --run ${outcome.runId ?? outcome.compositionId}`,
  ];
}

/** What the nodes that no other node builds on gave, unless it is too long to look at. */
function resultLines({ results }: CompositionOutcome, lastNodes: readonly string[], { bold, dim }: Colors): readonly string[] {
  return lastNodes.flatMap((id) => {
    const result = results[id];
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
