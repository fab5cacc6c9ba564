import { CjmError, type CompositionPlan } from "@cjm/core";
import { type ItemRun, NodeRun } from "./node-run.ts";

/** The nodes of a running composition by id, with who waits for whom. */
export class NodeGraph {
  /** In the order of the plan. */
  readonly nodes: ReadonlyMap<string, NodeRun>;
  /** Those of the document itself; the others are parts of one of them. */
  readonly outermost: readonly NodeRun[];

  constructor(plan: CompositionPlan) {
    const nodes = new Map<string, NodeRun>();
    const outermost: NodeRun[] = [];
    for (const planned of plan.nodes) {
      // In a plan the parts of a composition stand behind it.
      const parent = planned.parent === null ? null : (nodes.get(planned.parent) ?? null);
      const node = new NodeRun(planned, parent);
      nodes.set(node.id, node);
      if (parent === null) outermost.push(node);
      else parent.parts.push(node);
    }
    this.nodes = nodes;
    this.outermost = outermost;
    for (const node of nodes.values()) {
      for (const id of node.plan.wholeDependencies) this.get(id).waitingForAll.push(node);
      for (const id of node.plan.itemDependencies) this.get(id).waitingForItems.push(node);
    }
  }

  get(id: string): NodeRun {
    const node = this.nodes.get(id);
    if (node === undefined) throw new CjmError("CJM_INTERNAL", `The plan has no node '${id}'.`);
    return node;
  }
}

/** Of the composition that a node is part of, the pass to which an item belongs; null before it began, or of the outermost. */
export function passOf({ parent, plan }: NodeRun, item: ItemRun | null): ItemRun | null {
  return parent?.items?.[plan.followsParent ? (item?.index ?? -1) : 0] ?? null;
}
