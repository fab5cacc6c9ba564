import {
  type BindingScope,
  type BoundOutputs,
  bindOutputs,
  bindValue,
  CjmError,
  type CompositionPlan,
  evaluateCondition,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  resolveInputs,
  SKIPPED,
  type Verdict,
} from "@cjm/core";
import type { NodeGraph } from "./node-graph.ts";
import type { ItemRun, NodeRun } from "./node-run.ts";

interface BindingContext {
  readonly plan: CompositionPlan;
  readonly inputs: JsonObject;
  readonly run: BindingScope["run"];
}

/** What the references of nodes stand for, as the graph stands now. Changes nothing. */
export class NodeBindings {
  readonly #graph: NodeGraph;
  readonly #context: BindingContext;

  constructor(graph: NodeGraph, context: BindingContext) {
    this.#graph = graph;
    this.#context = context;
  }

  /** Arguments of one job. @throws CjmError CJM_BINDING_FAILED */
  argumentsOf(node: NodeRun, item: ItemRun): JsonObject {
    const bound = bindValue(node.plan.args, this.#scope(node, item));
    return isJsonObject(bound) ? bound : {};
  }

  /** Inputs of one pass through a composition. @throws CjmError CJM_BINDING_FAILED, or CJM_COMPOSITION_INVALID for values of another type */
  inputsOf(node: NodeRun, item: ItemRun): JsonObject {
    const values = this.argumentsOf(node, item);
    if (node.plan.node.kind !== "composition") return values;
    return resolveInputs(node.plan.node.composition, {
      values,
      missing: () => `is required, and node '${node.label(item)}' gives it null`,
    });
  }

  /** @throws CjmError CJM_BINDING_FAILED */
  verdictOf(node: NodeRun, item: ItemRun | null): Verdict {
    const { when } = node.plan;
    return when === null ? { holds: true, because: "" } : evaluateCondition(when, this.#scope(node, item));
  }

  /** @throws CjmError CJM_BINDING_FAILED when `for_each` gives no list */
  listOf(node: NodeRun): readonly JsonValue[] {
    const { forEach } = node.plan;
    const value = forEach === null ? [] : bindValue(forEach, this.#scope(node, null));
    if (Array.isArray(value)) return value as readonly JsonValue[];
    const what = isJsonObject(value) ? "an object" : JSON.stringify(value)?.slice(0, 60);
    throw new CjmError("CJM_BINDING_FAILED", `Node '${node.id}' cannot start: for_each needs a list, and it got ${what}.`, {
      hint: "Point for_each at a field that holds a list.",
    });
  }

  /** What one pass through a composition gives; without a node, what the outermost one does. */
  outputsOf(node: NodeRun | null, item: ItemRun | null): BoundOutputs {
    if (node === null) return bindOutputs(this.#context.plan.outputs, this.#scopeIn("", null, null, false));
    return bindOutputs(node.plan.outputs, this.#scopeIn(`${node.id}/`, node, item, node.isFanOut));
  }

  /** The element that an item stands for; undefined of what is no fan-out, and of one whose source has not given it. */
  itemValue(node: NodeRun, item: ItemRun): JsonValue | undefined {
    let owner = node;
    while (owner.plan.followsParent) {
      const parent = owner.parent;
      if (parent === null) break;
      owner = parent;
    }
    if (owner.plan.source === null) return owner.values?.[item.index];
    return this.#graph.get(owner.plan.source).items?.[item.index]?.result;
  }

  #scope(node: NodeRun, item: ItemRun | null): BindingScope {
    const { prefix, followsParent } = node.plan;
    const scope = this.#scopeIn(prefix, node.parent, item, followsParent);
    const value = item === null || followsParent ? undefined : this.itemValue(node, item);
    return {
      ...scope,
      nodeId: item === null ? node.id : node.label(item),
      ...(item !== null && node.isFanOut && value !== undefined ? { item: value, index: item.index } : {}),
      matching: (id) => (item === null ? undefined : resultAt(this.#graph.get(prefix + id), item.index)),
    };
  }

  /** What is visible inside a composition: its inputs, and its own nodes. */
  #scopeIn(prefix: string, composition: NodeRun | null, item: ItemRun | null, isItemwise: boolean): BindingScope {
    const { inputs, run } = this.#context;
    const pass = composition?.items?.[isItemwise ? (item?.index ?? -1) : 0];
    return {
      nodeId: composition === null ? this.#context.plan.composition.name : composition.id,
      inputs: composition === null ? inputs : (pass?.inputs ?? {}),
      run,
      node: (id) => {
        const other = this.#graph.get(prefix + id);
        if (isItemwise) return item === null ? undefined : resultAt(other, item.index);
        return other.isSkippedByCondition ? SKIPPED : other.value;
      },
      failures: (id) => this.#graph.get(prefix + id).failures.map((failure) => ({ ...failure })),
      matching: () => undefined,
    };
  }
}

function resultAt(node: NodeRun, index: number): JsonValue | typeof SKIPPED | undefined {
  if (node.isSkippedByCondition) return SKIPPED;
  const item = node.items?.[index];
  if (item?.state === "skipped" && item.byCondition) return SKIPPED;
  return item?.state === "completed" ? item.result : undefined;
}
