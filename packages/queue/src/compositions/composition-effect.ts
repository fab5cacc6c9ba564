import type { CallNode, NodeState } from "@cjm/core";
import type { ItemRun, NodeRun } from "./node-run.ts";

/** What the runner has to do; `composition-state` decides and does nothing itself. */
export type CompositionEffect =
  | { readonly type: "start"; readonly node: NodeRun; readonly item: ItemRun; readonly call: CallNode }
  /** Cancels the job of an item: a running one only if `running`. */
  | { readonly type: "cancel"; readonly node: NodeRun; readonly item: ItemRun; readonly running: boolean }
  | { readonly type: "node_changed"; readonly node: NodeRun; readonly from: NodeState; readonly to: NodeState };
