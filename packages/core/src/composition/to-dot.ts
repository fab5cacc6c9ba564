import type { ObservedRun } from "./critical-path.ts";
import type { NodeState } from "./node-state.ts";
import type { CompositionPlan } from "./plan.ts";
import { type GraphNode, planGraph } from "./plan-graph.ts";

const COLORS: Record<Exclude<NodeState, "pending">, readonly [fill: string, line: string]> = {
  running: ["#dcebfb", "#1565c0"],
  completed: ["#dcf2dd", "#2e7d32"],
  failed: ["#fbdcdc", "#c62828"],
  cancelled: ["#fdf0d0", "#b26a00"],
  skipped: ["#eeeeee", "#9e9e9e"],
};
const CRITICAL = { color: "#c2185b", penwidth: "3" };
const SHAPES: Record<GraphNode["shape"], string> = { call: "box", "fan-out": "box3d", condition: "hexagon", composition: "component" };

/** A directed graph in the language of Graphviz. With a run of it: states, counts, durations, and the critical path in bold. */
export function toDot(plan: CompositionPlan, run: ObservedRun | null = null): string {
  const { name, nodes, edges, groups } = planGraph(plan, run);
  const lines = [
    `digraph ${quoted(name)} {`,
    `  label=${quoted(name)}; labelloc=t; compound=true;`,
    `  node [shape=box, style="rounded,filled", fillcolor=white, fontname="sans-serif"];`,
    `  edge [fontname="sans-serif"];`,
  ];
  const draw = (node: GraphNode, indent: string): void => {
    if (node.parts.length === 0) {
      lines.push(`${indent}${node.key} [${attributes({ label: labelOf(node), shape: SHAPES[node.shape], ...colorsOf(node) })}];`);
      return;
    }
    const { fillcolor, ...frame } = colorsOf(node);
    lines.push(`${indent}subgraph cluster_${node.key} {`);
    lines.push(
      `${indent}  ${attributes({ style: "rounded,filled", fillcolor: fillcolor ?? "#fafafa", ...frame }).replaceAll(", ", "; ")};`,
    );
    // An edge needs a node at its end; it is cut off at the frame.
    lines.push(`${indent}  ${node.key} [${attributes({ label: labelOf(node), shape: "plaintext", style: "" })}];`);
    for (const part of node.parts) draw(part, `${indent}  `);
    lines.push(`${indent}}`);
  };
  for (const node of nodes) draw(node, "  ");
  for (const { from, to, how, isCritical } of edges) {
    const given = {
      ...(how === "items" ? { style: "dashed", label: "each" } : {}),
      ...(groups.has(from) ? { ltail: `cluster_${from}` } : {}),
      ...(groups.has(to) ? { lhead: `cluster_${to}` } : {}),
      ...(isCritical ? CRITICAL : {}),
    };
    const text = attributes(given);
    lines.push(`  ${from} -> ${to}${text === "" ? "" : ` [${text}]`};`);
  }
  return `${[...lines, "}"].join("\n")}\n`;
}

function labelOf({ lines }: GraphNode): string {
  return lines.join("\n");
}

function colorsOf({ state, isCritical }: GraphNode): {
  readonly fillcolor?: string;
  readonly color?: string;
  readonly penwidth?: string;
  readonly style?: string;
} {
  const colors = state === null || state === "pending" ? {} : { fillcolor: COLORS[state][0], color: COLORS[state][1] };
  return { ...colors, ...(state === "skipped" ? { style: "rounded,filled,dashed" } : {}), ...(isCritical ? CRITICAL : {}) };
}

function attributes(given: Readonly<Record<string, string>>): string {
  return Object.entries(given)
    .map(([key, value]) => `${key}=${quoted(value)}`)
    .join(", ");
}

function quoted(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}
