/**
 * ```mermaid
 * stateDiagram-v2
 *   [*] --> pending
 *   pending --> running
 *   pending --> skipped: a node before it did not complete
 *   pending --> cancelled
 *   pending --> failed: its references have no value
 *   pending --> completed: a fan-out over nothing
 *   running --> completed
 *   running --> failed
 *   running --> cancelled
 *   running --> skipped: a fan-out whose source failed half-way
 * ```
 */
export const NODE_TRANSITIONS = {
  pending: ["running", "completed", "failed", "cancelled", "skipped"],
  running: ["completed", "failed", "cancelled", "skipped"],
  completed: [],
  failed: [],
  cancelled: [],
  skipped: [],
} as const satisfies Record<string, readonly string[]>;

export type NodeState = keyof typeof NODE_TRANSITIONS;
export type TerminalNodeState = "completed" | "failed" | "cancelled" | "skipped";

export type CompositionStatus = "running" | "completed" | "failed" | "cancelled";

export function isTerminalNodeState(state: NodeState): state is TerminalNodeState {
  return NODE_TRANSITIONS[state].length === 0;
}

export interface EndedComposition {
  /** Somebody cancelled the composition as a whole. */
  readonly userCancelled: boolean;
  readonly failFast: boolean;
  readonly states: Iterable<NodeState>;
}

/**
 * How a composition ended, once every node has. The user's cancel beats everything; under best effort (`failFast` false) a
 * failed node does not fail the whole.
 */
export function terminalStatus({ userCancelled, failFast, states }: EndedComposition): CompositionStatus {
  const seen = new Set(states);
  if (userCancelled) return "cancelled";
  if (failFast && seen.has("failed")) return "failed";
  return seen.has("cancelled") ? "cancelled" : "completed";
}
