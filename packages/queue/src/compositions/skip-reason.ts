/** Why a node was skipped. */
export interface SkipReason {
  /** `condition`: nothing but conditions led to it. `upstream`: something before it failed, was cancelled or gave nothing. */
  readonly cause: "condition" | "upstream";
  /** The node it began with. */
  readonly nodeId: string;
  /** What happened there: `${inputs.pictures} is false`, or `it failed`. */
  readonly text: string;
}

/** Why a node is skipped that waits for one which will not complete. */
export function skipReasonAfter(node: {
  readonly id: string;
  readonly skip: SkipReason | null;
  readonly closing: string | null;
}): SkipReason {
  if (node.skip !== null) return node.skip;
  return { cause: "upstream", nodeId: node.id, text: node.closing === "cancelled" ? "it was cancelled" : "it failed" };
}
