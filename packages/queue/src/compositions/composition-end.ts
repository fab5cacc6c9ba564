import { type Composition, type CompositionStatus, type JsonObject, type NodeState, terminalStatus } from "@cjm/core";
import { failureByPart, type ItemFailure, itemFailure } from "./item-failure.ts";
import type { NodeBindings } from "./node-bindings.ts";
import type { NodeGraph } from "./node-graph.ts";
import type { ItemRun, NodeRun } from "./node-run.ts";

/** How a composition ended. */
export interface CompositionEnd {
  readonly status: CompositionStatus;
  readonly outputs: JsonObject;
  /** Of outputs that cannot be had although their nodes completed, by `outputs.NAME`. */
  readonly failures: Readonly<Record<string, readonly ItemFailure[]>>;
}

export function endOfComposition(
  { graph, bindings }: { readonly graph: NodeGraph; readonly bindings: NodeBindings },
  { failFast }: Composition,
  userCancelled: boolean,
): CompositionEnd {
  return endFrom(
    bindings.outputsOf(null, null),
    graph.outermost.map(({ state }) => state),
    { failFast, userCancelled },
  );
}

/** How a pass through a composition inside ended; of one that failed with the failure that it is known by. */
export function endOfPass(bindings: NodeBindings, node: NodeRun, pass: ItemRun): CompositionEnd & { readonly failure: ItemFailure | null } {
  const states = node.parts.map((part) => stateIn(part, node, pass));
  const failFast = node.plan.node.kind === "composition" && node.plan.node.composition.failFast;
  const end = endFrom(bindings.outputsOf(node, pass), states, { failFast, userCancelled: false });
  if (end.status !== "failed") return { ...end, failure: null };
  const failed = node.parts[states.indexOf("failed")];
  const [output] = Object.entries(end.failures);
  const by = failed === undefined ? { label: output?.[0] ?? node.id, failure: output?.[1][0] ?? null } : failureIn(failed, node, pass);
  return { ...end, failure: failureByPart(pass.index, bindings.itemValue(node, pass) ?? null, by) };
}

function endFrom(
  bound: ReturnType<NodeBindings["outputsOf"]>,
  states: readonly NodeState[],
  rules: { readonly failFast: boolean; readonly userCancelled: boolean },
): CompositionEnd {
  const failures = Object.fromEntries(bound.failures.map(({ name, error }) => [`outputs.${name}`, [itemFailure(0, null, error)]]));
  const outcomes: readonly NodeState[] = bound.failures.length > 0 ? [...states, "failed"] : states;
  return { status: terminalStatus({ ...rules, states: outcomes }), outputs: bound.values, failures };
}

function stateIn(part: NodeRun, node: NodeRun, pass: ItemRun): NodeState {
  if (!node.isFanOut) return part.state;
  const state = part.items?.[pass.index]?.state;
  return state === "completed" || state === "failed" || state === "skipped" ? state : "cancelled";
}

function failureIn(part: NodeRun, node: NodeRun, pass: ItemRun): { readonly label: string; readonly failure: ItemFailure | null } {
  const item = node.isFanOut ? part.items?.[pass.index] : undefined;
  if (item !== undefined) return { label: part.label(item), failure: item.failure };
  return { label: part.id, failure: part.failures[0] ?? null };
}
