import type { BindingScope, CompositionPlan, JsonObject, JsonValue, NodeState } from "@cjm/core";
import type { CompositionEffect } from "./composition-effect.ts";
import { type CompositionEnd, endOfComposition, endOfPass } from "./composition-end.ts";
import { type ItemFailure, itemFailure } from "./item-failure.ts";
import { NodeBindings } from "./node-bindings.ts";
import { NodeClosing, runsAfterSkipped } from "./node-closing.ts";
import { NodeGraph, passOf } from "./node-graph.ts";
import { type EndedItemState, type ItemRun, isEnded, type NodeRun } from "./node-run.ts";

export type ItemEnd =
  | { readonly state: "completed"; readonly result: JsonValue }
  | { readonly state: "failed"; readonly failure: unknown }
  | { readonly state: "cancelled" };

export interface CompositionContext {
  readonly plan: CompositionPlan;
  readonly inputs: JsonObject;
  readonly run: BindingScope["run"];
  /** Jobs that a fan-out without a bound of its own has in the queue at the same time. */
  readonly window: number;
}

/**
 * A running composition as data: told what happened, it answers with effects. Everything propagates through one work list,
 * never by recursion over nodes, so that neither ten thousand items nor a chain of ten thousand nodes can exhaust the stack.
 *
 * A node that runs a composition begins its parts and ends with them: it has no job. Where it does so once for each item, its
 * parts are fan-outs over the same items, and everything inside goes item by item.
 */
export class CompositionState {
  readonly #graph: NodeGraph;
  readonly #bindings: NodeBindings;
  readonly #closing: NodeClosing;
  readonly #context: CompositionContext;
  readonly #effects: CompositionEffect[] = [];
  readonly #work: (() => void)[] = [];
  #openNodes: number;
  #userCancelled = false;
  #end: CompositionEnd | null = null;

  constructor(context: CompositionContext) {
    this.#context = context;
    this.#graph = new NodeGraph(context.plan);
    this.#bindings = new NodeBindings(this.#graph, context);
    this.#closing = new NodeClosing(this.#graph, context.plan.composition, {
      settle: (node, item, state, byCondition) => this.#settle(node, item, state, byCondition),
      endNode: (node, state) => this.#endNode(node, state),
      later: (work) => void this.#work.push(work),
      emit: (effect) => void this.#effects.push(effect),
    });
    this.#openNodes = this.nodes.size;
  }

  get nodes(): ReadonlyMap<string, NodeRun> {
    return this.#graph.nodes;
  }

  get isOver(): boolean {
    return this.#openNodes === 0;
  }

  get userCancelled(): boolean {
    return this.#userCancelled;
  }

  /** How it ended; null while it runs. */
  get end(): CompositionEnd | null {
    if (!this.isOver) return null;
    const parts = { graph: this.#graph, bindings: this.#bindings };
    this.#end ??= endOfComposition(parts, this.#context.plan.composition, this.#userCancelled);
    return this.#end;
  }

  /** What is to be done now; each effect is given once. */
  takeEffects(): CompositionEffect[] {
    return this.#effects.splice(0);
  }

  begin(): void {
    for (const node of this.nodes.values()) if (node.unmet === 0) this.#work.push(() => this.#start(node));
    this.#drain();
  }

  itemEnded(node: NodeRun, item: ItemRun, end: ItemEnd): void {
    if (item.state !== "active") return;
    node.active -= 1;
    if (end.state === "completed") item.result = end.result;
    if (end.state === "failed") item.failure = this.#failureOf(node, item, end.failure);
    this.#settle(node, item, end.state);
    this.#drain();
  }

  /** Cancels everything. @returns false when it is over, or was cancelled before */
  cancel(): boolean {
    if (this.isOver || this.#userCancelled) return false;
    this.#userCancelled = true;
    for (const node of this.#graph.outermost) this.#closing.close(node, "cancelled", { running: true });
    this.#drain();
    return true;
  }

  /** Arguments of one job. @throws CjmError CJM_BINDING_FAILED */
  argumentsOf(node: NodeRun, item: ItemRun): JsonObject {
    return this.#bindings.argumentsOf(node, item);
  }

  #drain(): void {
    for (let index = 0; index < this.#work.length; index++) this.#work[index]?.();
    this.#work.length = 0;
  }

  #start(node: NodeRun): void {
    if (node.isTerminal || node.closing !== null || node.items !== null) return;
    let count: number;
    try {
      const { holds, because } = node.plan.filtersItems ? { holds: true, because: "" } : this.#bindings.verdictOf(node, null);
      if (!holds) {
        this.#closing.close(node, "skipped", { skip: { cause: "condition", nodeId: node.id, text: because } });
        return;
      }
      count = this.#countItems(node);
    } catch (error) {
      node.failure = itemFailure(0, null, error);
      this.#closing.fail(node);
      this.#endNode(node, "failed");
      return;
    }
    const items = node.expand(count);
    for (const dependent of node.waitingForItems) this.#meet(dependent);
    if (node.isFanOut) for (const part of node.parts) this.#meet(part);
    if (items.length === 0) this.#endNode(node, node.outcome);
    for (const item of items) this.#await(node, item);
  }

  #countItems(node: NodeRun): number {
    if (node.plan.followsParent) return node.parent?.items?.length ?? 0;
    if (node.plan.source !== null) return this.#graph.get(node.plan.source).items?.length ?? 0;
    if (node.plan.forEach === null) return 1;
    node.values = this.#bindings.listOf(node);
    return node.values.length;
  }

  /** Finds out which items of other nodes one item waits for. */
  #await(node: NodeRun, item: ItemRun): void {
    if (item.state !== "waiting") return;
    const pass = node.plan.followsParent ? passOf(node, item) : null;
    if (pass !== null && (pass.stopping || isEnded(pass))) {
      this.#settle(node, item, pass.stopping || pass.state === "cancelled" ? "cancelled" : "skipped", pass.byCondition);
      return;
    }
    if (pass !== null && pass.state !== "active") item.unmet += 1;
    for (const id of node.plan.itemDependencies) {
      const other = this.#graph.get(id).items?.[item.index];
      // An index that the other one does not have shows when the arguments are bound, with a message that says so.
      if (other === undefined || letsPass(other, node, id)) continue;
      if (isEnded(other)) {
        this.#settle(node, item, "skipped", other.byCondition);
        return;
      }
      item.unmet += 1;
    }
    if (item.unmet === 0) this.#offer(node, item);
  }

  #offer(node: NodeRun, item: ItemRun): void {
    try {
      if (node.plan.filtersItems && !this.#bindings.verdictOf(node, item).holds) {
        this.#settle(node, item, "skipped", true);
        return;
      }
    } catch (error) {
      item.failure = this.#failureOf(node, item, error);
      this.#settle(node, item, "failed");
      return;
    }
    node.addReady(item);
    this.#work.push(() => this.#pump(node));
  }

  /** Starts items while there are places. */
  #pump(node: NodeRun): void {
    const { kind, maxConcurrent } = node.plan.node;
    const limit = maxConcurrent ?? (kind === "call" ? this.#context.window : Number.POSITIVE_INFINITY);
    while (node.closing === null && node.active < limit) {
      const item = node.nextReady();
      if (item === null) return;
      item.state = "active";
      node.active += 1;
      if (node.state === "pending") this.#moveTo(node, "running");
      if (node.plan.node.kind === "call") this.#effects.push({ type: "start", node, item, call: node.plan.node });
      else this.#beginPass(node, item);
    }
  }

  /** Begins the parts of a composition, for one item of it. */
  #beginPass(node: NodeRun, pass: ItemRun): void {
    try {
      pass.inputs = this.#bindings.inputsOf(node, pass);
    } catch (error) {
      node.active -= 1;
      pass.failure = this.#failureOf(node, pass, error);
      this.#settle(node, pass, "failed");
      return;
    }
    for (const part of node.parts) {
      const waiting = part.items?.[pass.index];
      if (!node.isFanOut) this.#meet(part);
      else if (waiting?.state === "waiting") this.#hear(part, waiting, true, false);
    }
    if (pass.openParts === 0) this.#endPass(node, pass);
  }

  #endPass(node: NodeRun, pass: ItemRun): void {
    if (pass.state !== "active") return;
    const { status, outputs, failure } = endOfPass(this.#bindings, node, pass);
    node.active -= 1;
    pass.failure = failure;
    pass.result = outputs;
    this.#settle(node, pass, status === "running" ? "completed" : status);
  }

  /** Ends an item and tells whoever waits for it. */
  #settle(node: NodeRun, item: ItemRun, state: EndedItemState, byCondition = false): void {
    node.settle(item, state);
    item.byCondition = state === "skipped" && byCondition;
    for (const dependent of node.waitingForItems) {
      const waiting = dependent.items?.[item.index];
      if (waiting?.state !== "waiting") continue;
      this.#work.push(() => this.#hear(dependent, waiting, letsPass(item, dependent, node.id), item.byCondition));
    }
    if (node.plan.node.kind === "composition" && node.isFanOut && item.inputs === null) {
      this.#work.push(() => this.#closing.endUnbegun(node, item));
    }
    if (state === "failed" || state === "cancelled") this.#noteFailure(node, item, state);
    if (node.plan.followsParent) this.#tellParent(node, item);
    if (node.open === 0) this.#work.push(() => this.#endNode(node, node.outcome));
    else this.#work.push(() => this.#pump(node));
  }

  #noteFailure(node: NodeRun, item: ItemRun, state: "failed" | "cancelled"): void {
    if (node.plan.followsParent) {
      if (node.closing === null) this.#closing.failPart(node, item, state);
    } else if (node.plan.node.onItemError === "fail" && (state === "failed" || node.closing === null)) {
      this.#closing.fail(node, state);
    }
  }

  /** A composition ends with the last of its parts. */
  #tellParent(node: NodeRun, item: ItemRun | null): void {
    const parent = node.parent;
    const pass = passOf(node, item);
    if (parent === null || pass === null) return;
    pass.openParts -= 1;
    if (pass.openParts === 0) this.#work.push(() => this.#endPass(parent, pass));
  }

  #hear(node: NodeRun, item: ItemRun, passes: boolean, byCondition: boolean): void {
    if (item.state !== "waiting") return;
    item.unmet -= 1;
    if (!passes) this.#settle(node, item, "skipped", byCondition);
    else if (item.unmet === 0) this.#offer(node, item);
  }

  #endNode(node: NodeRun, state: EndedItemState): void {
    if (node.isTerminal) return;
    this.#moveTo(node, state);
    this.#openNodes -= 1;
    if (!node.plan.followsParent) this.#tellParent(node, null);
    // One that never learned of its items has none that could tell.
    else if (node.items === null) for (const pass of node.parent?.items ?? []) this.#tellParent(node, pass);
    const skippedOnly = node.isSkippedByCondition;
    if (state === "completed" || skippedOnly) {
      for (const dependent of node.waitingForAll) if (!skippedOnly || runsAfterSkipped(dependent, node.id)) this.#meet(dependent);
      if (node.items === null)
        for (const dependent of node.waitingForItems) if (runsAfterSkipped(dependent, node.id)) this.#meet(dependent);
    }
    if (state !== "completed") this.#closing.skipDependents(node);
  }

  #meet(node: NodeRun): void {
    node.unmet -= 1;
    if (node.unmet === 0) this.#work.push(() => this.#start(node));
  }

  #moveTo(node: NodeRun, to: NodeState): void {
    const from = node.moveTo(to);
    this.#effects.push({ type: "node_changed", node, from, to });
  }

  #failureOf(node: NodeRun, item: ItemRun, thrown: unknown): ItemFailure {
    return itemFailure(item.index, this.#bindings.itemValue(node, item) ?? null, thrown);
  }
}

/** Whether an item that ended lets the item that waits for it start. */
function letsPass(item: ItemRun, waiting: NodeRun, dependencyId: string): boolean {
  if (item.state === "completed") return true;
  return item.state === "skipped" && item.byCondition && runsAfterSkipped(waiting, dependencyId);
}
