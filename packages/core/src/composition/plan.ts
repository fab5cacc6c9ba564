import { type CompiledValue, type CompositionFault, compileValue, referencesIn } from "./compiled-value.ts";
import type { Composition, CompositionNode } from "./composition.ts";

/** A node with what it waits for. */
export interface PlannedNode {
  readonly node: CompositionNode;
  /** Compiled `args`, an object. */
  readonly args: CompiledValue;
  /** Compiled `for_each`; null: no fan-out. */
  readonly forEach: CompiledValue | null;
  /** Fan-out whose items this one takes one by one, each as soon as it is there; null: the whole list is waited for. */
  readonly source: string | null;
  /** Nodes that must have completed before this one starts. */
  readonly wholeDependencies: readonly string[];
  /** Fan-outs of which an item waits for the item of the same index only; contains `source`. */
  readonly itemDependencies: readonly string[];
}

export interface CompositionPlan {
  readonly composition: Composition;
  /** In the order of the document. */
  readonly nodes: readonly PlannedNode[];
}

/** Derives what every node waits for from what it refers to and from `after`. Faults in references go to `report`. */
export function planComposition(composition: Composition, report: (fault: CompositionFault) => void = () => {}): CompositionPlan {
  const fanOuts = new Set(composition.nodes.filter((node) => node.forEach !== null).map((node) => node.id));
  return { composition, nodes: composition.nodes.map((node) => planNode(node, fanOuts, report)) };
}

export function planNode(node: CompositionNode, fanOuts: ReadonlySet<string>, report: (fault: CompositionFault) => void): PlannedNode {
  const args = compileValue(node.args, ["args"], report);
  const forEach = node.forEach === null ? null : compileValue(node.forEach, ["for_each"], report);
  const source = elementSource(forEach, fanOuts);
  const whole = new Set(node.after);
  const itemwise = new Set<string>();
  if (source !== null) itemwise.add(source);
  for (const { reference } of [...(forEach === null || source !== null ? [] : referencesIn(forEach)), ...referencesIn(args)]) {
    if (reference.root === "nodes" || reference.root === "failures") whole.add(reference.name);
    if (reference.root === "matching") itemwise.add(reference.name);
  }
  return {
    node,
    args,
    forEach,
    source,
    wholeDependencies: [...whole],
    itemDependencies: [...itemwise],
  };
}

/** `for_each` over exactly a fan-out is element-wise. */
function elementSource(forEach: CompiledValue | null, fanOuts: ReadonlySet<string>): string | null {
  if (forEach?.kind !== "reference") return null;
  const { root, name, path } = forEach.reference;
  return root === "nodes" && path.length === 0 && fanOuts.has(name) ? name : null;
}
