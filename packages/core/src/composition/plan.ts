import type { CompiledOutputs } from "./bind-outputs.ts";
import { type CompiledCondition, compileCondition, referencesInCondition } from "./compile-condition.ts";
import { type CompiledValue, type CompositionFault, compileValue, referencesIn } from "./compiled-value.ts";
import type { CallNode, Composition, CompositionNode } from "./composition.ts";
import type { Reference } from "./reference.ts";

/** A node with what it waits for. Its id has the ids of the composition nodes around it before it: `scan/parse`. */
export interface PlannedNode {
  readonly node: CompositionNode;
  /** Composition node that this one is part of; null: it stands in the document itself. */
  readonly parent: string | null;
  /** What the names in its references are short for: `scan/`, or nothing. */
  readonly prefix: string;
  /** Whether it runs once for each item: because of its `for_each`, or as a part of a composition that does. */
  readonly isFanOut: boolean;
  /** Whether its items are those of its parent. */
  readonly followsParent: boolean;
  /** Compiled `args`, or `inputs` of a composition: an object. */
  readonly args: CompiledValue;
  /** Compiled `for_each`; null: none. */
  readonly forEach: CompiledValue | null;
  /** Fan-out whose items this one takes one by one, each as soon as it is there; null: the whole list is waited for. */
  readonly source: string | null;
  /** Null: it runs in any case. */
  readonly when: CompiledCondition | null;
  /** Whether `when` is asked for every item, because it speaks of it. */
  readonly filtersItems: boolean;
  /** Of a composition node; else empty. */
  readonly outputs: CompiledOutputs;
  /** Nodes that must have ended before this one starts. */
  readonly wholeDependencies: readonly string[];
  /** Fan-outs of which an item waits for the item of the same index only; contains `source`. */
  readonly itemDependencies: readonly string[];
  /** Of its jobs: its own, else that of the composition around it. */
  readonly priority: number;
}

export interface CompositionPlan {
  readonly composition: Composition;
  /** In the order of the document, the parts of a composition node behind it. */
  readonly nodes: readonly PlannedNode[];
  readonly outputs: CompiledOutputs;
}

/** Where in a plan the nodes of one document stand. */
export interface PlanLevel {
  readonly prefix: string;
  readonly parent: string | null;
  /** Whether everything in it runs once for each item of its parent. */
  readonly followsParent: boolean;
  /** Fan-outs among its nodes, by their ids in the document. */
  readonly fanOuts: ReadonlySet<string>;
  readonly priority: number;
}

type Report = (fault: CompositionFault) => void;

/**
 * Derives what every node waits for from what it refers to and from `after`, and puts the nodes of compositions inside in
 * their place. Faults in references go to `report`.
 */
export function planComposition(composition: Composition, report: Report = () => {}): CompositionPlan {
  const nodes: PlannedNode[] = [];
  const open: { readonly node: CompositionNode; readonly level: PlanLevel }[] = [];
  const openAll = (inner: Composition, level: PlanLevel): void => {
    for (const node of inner.nodes.toReversed()) open.push({ node, level });
  };
  openAll(composition, { prefix: "", parent: null, followsParent: false, fanOuts: fanOutsOf(composition), priority: composition.priority });
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const planned = planNode(next.node, next.level, report);
    nodes.push(planned);
    if (planned.node.kind !== "composition") continue;
    const inner = planned.node.composition;
    openAll(inner, {
      prefix: `${planned.node.id}/`,
      parent: planned.node.id,
      followsParent: planned.isFanOut,
      fanOuts: fanOutsOf(inner),
      priority: planned.node.priority ?? (inner.priority === 0 ? planned.priority : inner.priority),
    });
  }
  return { composition, nodes, outputs: compileOutputs(composition, report) };
}

/** Nodes of the plan that call something. */
export function callsOf(plan: CompositionPlan): CallNode[] {
  return plan.nodes.flatMap(({ node }) => (node.kind === "call" ? [node] : []));
}

/** How many nodes the plan of a composition has. */
export function countNodes(composition: Composition): number {
  const counts = new Map<Composition, number>();
  const count = (inner: Composition): number => {
    const known = counts.get(inner);
    if (known !== undefined) return known;
    let sum = inner.nodes.length;
    for (const node of inner.nodes) if (node.kind === "composition") sum += count(node.composition);
    counts.set(inner, sum);
    return sum;
  };
  return count(composition);
}

export function planNode(node: CompositionNode, level: PlanLevel, report: Report): PlannedNode {
  const { prefix, followsParent, fanOuts } = level;
  const args = node.kind === "call" ? compileValue(node.args, ["args"], report) : compileValue(node.inputs, ["inputs"], report);
  const forEach = node.forEach === null ? null : compileValue(node.forEach, ["for_each"], report);
  const when = node.when === null ? null : compileCondition(node.when, ["when"], report);
  const source = elementSource(forEach, fanOuts);
  const whole = new Set(node.after);
  const itemwise = new Set<string>();
  let filtersItems = followsParent && when !== null;
  const waitFor = ({ root, name }: Reference): void => {
    if (root === "nodes" || root === "failures") whole.add(name);
    if (root === "matching") itemwise.add(name);
  };
  if (source !== null) itemwise.add(source);
  else if (forEach !== null) for (const { reference } of referencesIn(forEach)) waitFor(reference);
  for (const { reference } of referencesIn(args)) waitFor(reference);
  if (when !== null) {
    for (const { reference } of referencesInCondition(when)) {
      waitFor(reference);
      if (ITEM_ROOTS.has(reference.root)) filtersItems = true;
    }
  }
  const absolute = (ids: Iterable<string>): string[] => (prefix === "" ? [...ids] : Array.from(ids, (id) => prefix + id));
  return {
    node: prefix === "" ? node : { ...node, id: prefix + node.id, after: absolute(node.after) },
    parent: level.parent,
    prefix,
    isFanOut: forEach !== null || followsParent,
    followsParent,
    args,
    forEach,
    source: source === null ? null : prefix + source,
    when,
    filtersItems,
    outputs: node.kind === "composition" ? compileOutputs(node.composition, report) : NO_OUTPUTS,
    // Beside each other in one composition that runs per item, everything goes item by item.
    wholeDependencies: followsParent ? [] : absolute(whole),
    itemDependencies: absolute(followsParent ? new Set([...itemwise, ...whole]) : itemwise),
    priority: node.priority ?? level.priority,
  };
}

export function fanOutsOf({ nodes }: Pick<Composition, "nodes">): Set<string> {
  return new Set(nodes.flatMap((node) => (node.forEach === null ? [] : [node.id])));
}

export function compileOutputs({ outputs }: Pick<Composition, "outputs">, report: Report): CompiledOutputs {
  return Object.entries(outputs).map(([name, value]) => [name, compileValue(value, ["outputs", name], report)]);
}

const NO_OUTPUTS: CompiledOutputs = [];
const ITEM_ROOTS: ReadonlySet<string> = new Set(["item", "index", "matching"]);

/** `for_each` over exactly a fan-out is element-wise. */
function elementSource(forEach: CompiledValue | null, fanOuts: ReadonlySet<string>): string | null {
  if (forEach?.kind !== "reference") return null;
  const { root, name, path, otherwise } = forEach.reference;
  return root === "nodes" && path.length === 0 && otherwise === undefined && fanOuts.has(name) ? name : null;
}
