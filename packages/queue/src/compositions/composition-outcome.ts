import type { CompositionStatus, JsonValue, NodeCall, NodeState } from "@cjm/core";
import type { ItemFailure } from "./item-failure.ts";
import type { ItemCounts, NodeRun } from "./node-run.ts";

export interface NodeSummary {
  readonly id: string;
  readonly capability: string;
  readonly instanceId: string;
  readonly call: NodeCall;
  readonly isFanOut: boolean;
  readonly state: NodeState;
  /** Jobs of the node; one, when it is no fan-out. */
  readonly items: ItemCounts;
  /** Unix milliseconds. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Why it failed: its first failure. A fan-out that collects failures has them in `failures`. */
  readonly error: ItemFailure["error"] | null;
}

/** A composition as it stands, or as it ended. Times are Unix milliseconds. */
export interface CompositionOutcome {
  readonly compositionId: string;
  readonly name: string;
  readonly runId: string | null;
  readonly status: CompositionStatus;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** In the order of the document. */
  readonly nodes: readonly NodeSummary[];
  /** Results of the nodes that completed; of a fan-out the list of its successful items. */
  readonly results: Readonly<Record<string, JsonValue>>;
  /** Failures of the nodes that have any. */
  readonly failures: Readonly<Record<string, readonly ItemFailure[]>>;
}

export function summaryOf(node: NodeRun): NodeSummary {
  const { id, capability, instanceId, call } = node.plan.node;
  const { isFanOut, state, counts: items, startedAt, endedAt } = node;
  const error = state === "failed" ? (node.failures[0]?.error ?? null) : null;
  return { id, capability, instanceId, call, isFanOut, state, items, startedAt, endedAt, error };
}

export function resultsOf(nodes: Iterable<NodeRun>): Record<string, JsonValue> {
  return Object.fromEntries([...nodes].flatMap((node) => (node.value === undefined ? [] : [[node.id, node.value]])));
}

export function failuresOf(nodes: Iterable<NodeRun>): Record<string, readonly ItemFailure[]> {
  return Object.fromEntries([...nodes].flatMap((node) => (node.failures.length === 0 ? [] : [[node.id, node.failures]])));
}
