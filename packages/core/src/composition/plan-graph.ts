import { durationText } from "../duration-text.ts";
import type { CompositionNode } from "./composition.ts";
import { conditionText } from "./condition-text.ts";
import { criticalPath, type ObservedNode, type ObservedRun } from "./critical-path.ts";
import type { NodeState } from "./node-state.ts";
import type { CompositionPlan, PlannedNode } from "./plan.ts";

/** A node as it is drawn. */
export interface GraphNode {
  /** A name without anything that a drawing language could take for its own: `n3`. */
  readonly key: string;
  /** What stands in it. */
  readonly lines: readonly string[];
  readonly shape: "call" | "fan-out" | "condition" | "composition";
  /** Null: it was not run. */
  readonly state: NodeState | null;
  readonly isCritical: boolean;
  readonly parts: readonly GraphNode[];
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** `items`: an item waits for the item of the same index only. */
  readonly how: "all" | "items";
  readonly isCritical: boolean;
}

export interface PlanGraph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  /** Keys of those that hold parts, which languages draw in another way. */
  readonly groups: ReadonlySet<string>;
}

/** What is drawn of a plan, and of a run of it: states, counts, durations, the critical path. */
export function planGraph(plan: CompositionPlan, run: ObservedRun | null): PlanGraph {
  const observed = new Map(run?.nodes.map((node) => [node.id, node]));
  const path = run === null ? [] : criticalPath(plan, run).steps.map(({ nodeId }) => nodeId);
  const onPath = new Set(path);
  const keys = new Map(plan.nodes.map(({ node }, index) => [node.id, `n${index}`]));
  const keyOf = (id: string): string => keys.get(id) ?? "";
  const parts = new Map<string | null, GraphNode[]>([[null, []]]);
  for (const planned of plan.nodes) {
    const { id } = planned.node;
    const inside: GraphNode[] = [];
    parts.set(id, inside);
    const node = observed.get(id);
    const lines = [...labelLines(planned), ...(node === undefined ? [] : [outcomeLine(node, planned.isFanOut)])];
    const drawn: GraphNode = {
      key: keyOf(id),
      lines,
      shape: shapeOf(planned),
      state: node?.state ?? null,
      isCritical: onPath.has(id),
      parts: inside,
    };
    parts.get(planned.parent)?.push(drawn);
  }
  const steps = criticalEdges(plan, path);
  const edges = plan.nodes.flatMap(({ node, wholeDependencies, itemDependencies }) => {
    const edge = (from: string, how: "all" | "items"): GraphEdge => ({
      from: keyOf(from),
      to: keyOf(node.id),
      how,
      isCritical: steps.has(`${from} ${node.id}`),
    });
    return [...wholeDependencies.map((from) => edge(from, "all")), ...itemDependencies.map((from) => edge(from, "items"))];
  });
  const groups = new Set(plan.nodes.flatMap(({ node: { id } }) => ((parts.get(id)?.length ?? 0) > 0 ? [keyOf(id)] : [])));
  return { name: plan.composition.name, nodes: parts.get(null) ?? [], edges, groups };
}

function labelLines({ node, prefix, followsParent, source }: PlannedNode): string[] {
  const over =
    source === null
      ? typeof node.forEach === "string"
        ? node.forEach
        : `a list of ${node.forEach?.length ?? 0}`
      : source.slice(prefix.length);
  return [
    node.id.slice(prefix.length),
    callText(node),
    ...(node.forEach === null || followsParent ? [] : [`for each of ${over}`]),
    ...(node.when === null ? [] : [`when ${conditionText(node.when)}`]),
  ];
}

function callText(node: CompositionNode): string {
  if (node.kind === "composition") return node.composition.name;
  const { call, instanceId } = node;
  const called = call.channel === "task" ? `${call.task}.${call.method}` : call.action;
  return called === null ? instanceId : `${instanceId}: ${called}`;
}

function shapeOf({ node, isFanOut }: PlannedNode): GraphNode["shape"] {
  if (node.kind === "composition") return "composition";
  if (isFanOut) return "fan-out";
  return node.when === null ? "call" : "condition";
}

function outcomeLine({ state, startedAt, endedAt, items }: ObservedNode, isFanOut: boolean): string {
  const counts = (["failed", "skipped", "cancelled"] as const).filter((key) => items[key] > 0).map((key) => `${items[key]} ${key}`);
  const done = isFanOut && items.total !== null ? [`${items.completed} of ${items.total}`, ...counts] : [];
  const took = startedAt === null || endedAt === null ? [] : [durationText(endedAt - startedAt)];
  return [state, ...done, ...took].join(", ");
}

/** Edges along the path: between its steps, or between compositions around them. */
function criticalEdges(plan: CompositionPlan, path: readonly string[]): Set<string> {
  const parents = new Map(plan.nodes.map(({ node, parent }) => [node.id, parent]));
  const withParents = (id: string): string[] => {
    const ids: string[] = [];
    for (let around: string | null = id; around !== null; around = parents.get(around) ?? null) ids.push(around);
    return ids;
  };
  const edges = new Set<string>();
  for (const [index, id] of path.entries()) {
    const before = path[index - 1];
    if (before === undefined) continue;
    for (const from of withParents(before)) for (const to of withParents(id)) edges.add(`${from} ${to}`);
  }
  return edges;
}
