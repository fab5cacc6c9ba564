import type { CompositionPlan, CompositionStatus, JsonValue, NodeCall, NodeState } from "@cjm/core";
import type { CompositionState } from "./composition-state.ts";
import type { ItemFailure } from "./item-failure.ts";
import type { ItemCounts, NodeRun } from "./node-run.ts";
import type { SkipReason } from "./skip-reason.ts";

export interface NodeSummary {
  /** Of a part of a composition inside with that one's id before it: `scan/parse`. */
  readonly id: string;
  /** Composition node that it is part of. */
  readonly parent: string | null;
  /** Name of the composition that it runs; null: it calls a capability. */
  readonly composition: string | null;
  /** Null where it runs a composition. */
  readonly capability: string | null;
  readonly instanceId: string | null;
  readonly call: NodeCall | null;
  readonly isFanOut: boolean;
  readonly state: NodeState;
  /** Jobs of the node, or passes through its composition; one, when it is no fan-out. */
  readonly items: ItemCounts;
  /** Unix milliseconds. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Why it failed: its first failure. A fan-out that collects failures has them in `failures`. */
  readonly error: ItemFailure["error"] | null;
  /** Why it was skipped as a whole. */
  readonly skipped: SkipReason | null;
}

/** A composition as it stands, or as it ended. Times are Unix milliseconds. */
export interface CompositionOutcome {
  readonly compositionId: string;
  readonly name: string;
  readonly runId: string | null;
  readonly status: CompositionStatus;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** In the order of the document, the parts of a composition inside behind it. */
  readonly nodes: readonly NodeSummary[];
  /** What its document lists under `outputs`, once it is over; without those that lead to a node which did not complete. */
  readonly outputs: Readonly<Record<string, JsonValue>>;
  /** Results of the nodes that completed; of a fan-out the list of its successful items. */
  readonly results: Readonly<Record<string, JsonValue>>;
  /** Failures of the nodes that have any; those of outputs under `outputs.NAME`. */
  readonly failures: Readonly<Record<string, readonly ItemFailure[]>>;
}

export function outcomeOf(
  state: CompositionState,
  { compositionId, runId, plan }: { readonly compositionId: string; readonly runId: string | null; readonly plan: CompositionPlan },
  progress: Pick<CompositionOutcome, "status" | "startedAt" | "endedAt">,
): CompositionOutcome {
  const nodes = [...state.nodes.values()];
  return {
    compositionId,
    name: plan.composition.name,
    runId,
    ...progress,
    nodes: nodes.map(summaryOf),
    outputs: state.end?.outputs ?? {},
    results: resultsOf(nodes),
    failures: { ...failuresOf(nodes), ...state.end?.failures },
  };
}

function summaryOf(node: NodeRun): NodeSummary {
  const { isFanOut, state, counts: items, startedAt, endedAt, skip } = node;
  const planned = node.plan.node;
  const called =
    planned.kind === "call"
      ? { composition: null, capability: planned.capability, instanceId: planned.instanceId, call: planned.call }
      : { composition: planned.composition.name, capability: null, instanceId: null, call: null };
  const error = state === "failed" ? (node.failures[0]?.error ?? null) : null;
  const skipped = state === "skipped" ? skip : null;
  return { id: node.id, parent: node.plan.parent, ...called, isFanOut, state, items, startedAt, endedAt, error, skipped };
}

function resultsOf(nodes: Iterable<NodeRun>): Record<string, JsonValue> {
  return Object.fromEntries([...nodes].flatMap((node) => (node.value === undefined ? [] : [[node.id, node.value]])));
}

function failuresOf(nodes: Iterable<NodeRun>): Record<string, readonly ItemFailure[]> {
  return Object.fromEntries([...nodes].flatMap((node) => (node.failures.length === 0 ? [] : [[node.id, node.failures]])));
}
