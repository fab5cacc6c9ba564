import { durationText } from "@cjm/core";
import type { Colors } from "../terminal/terminal.ts";
import type { NodeSummary } from "./composition-handle.ts";

/** One line for each node of a composition: state, how many of its jobs are done, how long it took. */
export function nodeLines(nodes: readonly NodeSummary[], nowMs: number, colors: Colors): readonly string[] {
  const width = Math.max(0, ...nodes.map(({ id }) => id.length));
  return nodes.map((node) => nodeLine(node, nowMs, colors, width));
}

export function nodeLine(node: NodeSummary, nowMs: number, colors: Colors, width = node.id.length): string {
  const { dim } = colors;
  const took = node.startedAt === null ? "" : durationText((node.endedAt ?? nowMs) - node.startedAt);
  return [symbolOf(node.state, colors), node.id.padEnd(width), ` ${countText(node)}`, dim(took)]
    .filter((part) => part !== "")
    .join(" ")
    .trimEnd();
}

function symbolOf(state: NodeSummary["state"], { green, red, yellow, cyan, dim }: Colors): string {
  switch (state) {
    case "completed":
      return green("✓");
    case "failed":
      return red("✗");
    case "cancelled":
      return yellow("■");
    case "skipped":
      return dim("-");
    case "running":
      return cyan("…");
    default:
      return dim("·");
  }
}

/** `12 of 20, 2 failed` for a fan-out, else its state. */
function countText({ state, isFanOut, items }: NodeSummary): string {
  if (!isFanOut || state === "pending") return state;
  const others = (["failed", "skipped", "cancelled"] as const).filter((key) => items[key] > 0).map((key) => `${items[key]} ${key}`);
  const total = items.total === null ? "" : ` of ${items.total}`;
  const done = state === "running" ? `${items.completed}${total} done` : `${state}, ${items.completed}${total}`;
  return [done, ...others].join(", ");
}
