import type { ObservedRun } from "./critical-path.ts";
import type { NodeState } from "./node-state.ts";
import type { CompositionPlan } from "./plan.ts";
import { type GraphNode, planGraph } from "./plan-graph.ts";

/** How states look: fill, edge, and what else. */
const STYLES: Record<Exclude<NodeState, "pending">, string> = {
  running: "fill:#dcebfb,stroke:#1565c0",
  completed: "fill:#dcf2dd,stroke:#2e7d32",
  failed: "fill:#fbdcdc,stroke:#c62828",
  cancelled: "fill:#fdf0d0,stroke:#b26a00",
  skipped: "fill:#eeeeee,stroke:#9e9e9e,stroke-dasharray:4 3",
};
const CRITICAL = "stroke:#c2185b,stroke-width:3px";

/** A flowchart in the language of Mermaid. With a run of it: states, counts, durations, and the critical path in bold. */
export function toMermaid(plan: CompositionPlan, run: ObservedRun | null = null): string {
  const { name, nodes, edges } = planGraph(plan, run);
  const lines = ["---", `title: ${JSON.stringify(name)}`, "---", "flowchart TD"];
  const all: GraphNode[] = [];
  const draw = (node: GraphNode, indent: string): void => {
    all.push(node);
    if (node.parts.length === 0) {
      lines.push(`${indent}${node.key}${shapeText(node)}`);
      return;
    }
    lines.push(`${indent}subgraph ${node.key}["${labelText(node)}"]`);
    for (const part of node.parts) draw(part, `${indent}  `);
    lines.push(`${indent}end`);
  };
  for (const node of nodes) draw(node, "  ");
  for (const { from, to, how } of edges) lines.push(`  ${from} ${how === "all" ? "-->" : "-. each .->"} ${to}`);
  for (const [state, style] of Object.entries(STYLES)) {
    const keys = all.filter((node) => node.state === state).map(({ key }) => key);
    if (keys.length > 0) lines.push(`  classDef ${state} ${style}`, `  class ${keys.join(",")} ${state}`);
  }
  const critical = all.filter(({ isCritical }) => isCritical).map(({ key }) => key);
  if (critical.length > 0) lines.push(`  classDef critical ${CRITICAL}`, `  class ${critical.join(",")} critical`);
  const links = edges.flatMap(({ isCritical }, index) => (isCritical ? [index] : []));
  if (links.length > 0) lines.push(`  linkStyle ${links.join(",")} ${CRITICAL}`);
  return `${lines.join("\n")}\n`;
}

function shapeText(node: GraphNode): string {
  const label = `"${labelText(node)}"`;
  switch (node.shape) {
    case "fan-out":
      return `[[${label}]]`;
    case "condition":
      return `{{${label}}}`;
    default:
      return `[${label}]`;
  }
}

function labelText({ lines }: GraphNode): string {
  return lines.map(escaped).join("<br/>");
}

/** Everything that is neither letter, digit nor harmless goes as a numbered entity, which Mermaid writes with `#`. */
function escaped(line: string): string {
  return line.replaceAll(/[^\p{L}\p{N} _.,:/=+-]/gu, (letter) => `#${letter.codePointAt(0)};`);
}
