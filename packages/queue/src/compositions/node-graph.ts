import { CjmError, type CompositionPlan } from "@cjm/core";
import { type ItemRun, NodeRun } from "./node-run.ts";

/** The nodes of a running composition, and who waits for whom. */
export class NodeGraph {
  /** In the order of the plan. */
  readonly nodes: ReadonlyMap<string, NodeRun>;
  /** Those of the document itself; the others are parts of one of them. */
  readonly outermost: readonly NodeRun[];
  readonly #whole = new Map<string, NodeRun[]>();
  readonly #itemwise = new Map<string, NodeRun[]>();
  readonly #parts = new Map<string, NodeRun[]>();

  constructor(plan: CompositionPlan) {
    this.nodes = new Map(plan.nodes.map((planned) => [planned.node.id, new NodeRun(planned)]));
    const outermost: NodeRun[] = [];
    for (const node of this.nodes.values()) {
      const { wholeDependencies, itemDependencies, parent } = node.plan;
      for (const id of wholeDependencies) listUnder(this.#whole, id, node);
      for (const id of itemDependencies) listUnder(this.#itemwise, id, node);
      if (parent === null) outermost.push(node);
      else listUnder(this.#parts, parent, node);
    }
    this.outermost = outermost;
  }

  /** Nodes that wait for the end of a node. */
  whole({ id }: NodeRun): readonly NodeRun[] {
    return this.#whole.get(id) ?? NONE;
  }

  /** Nodes of which an item waits for the item of the same index. */
  itemwise({ id }: NodeRun): readonly NodeRun[] {
    return this.#itemwise.get(id) ?? NONE;
  }

  /** Nodes of the composition that a node runs. */
  parts({ id }: NodeRun): readonly NodeRun[] {
    return this.#parts.get(id) ?? NONE;
  }

  parentOf({ plan }: NodeRun): NodeRun | null {
    return plan.parent === null ? null : this.get(plan.parent);
  }

  /** Of the composition that a node is part of, the pass to which an item belongs; null before it began, or of the outermost. */
  passOf(node: NodeRun, item: ItemRun | null): ItemRun | null {
    const parent = this.parentOf(node);
    if (parent === null) return null;
    return parent.items?.[node.plan.followsParent ? (item?.index ?? -1) : 0] ?? null;
  }

  get(id: string): NodeRun {
    const node = this.nodes.get(id);
    if (node === undefined) throw new CjmError("CJM_INTERNAL", `The plan has no node '${id}'.`);
    return node;
  }
}

const NONE: readonly NodeRun[] = [];

function listUnder(lists: Map<string, NodeRun[]>, id: string, node: NodeRun): void {
  const list = lists.get(id);
  if (list === undefined) lists.set(id, [node]);
  else list.push(node);
}
