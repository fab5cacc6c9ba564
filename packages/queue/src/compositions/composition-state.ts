import {
  type BindingScope,
  bindValue,
  CjmError,
  type CompositionPlan,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type NodeState,
} from "@cjm/core";
import { itemFailure } from "./item-failure.ts";
import { type ItemRun, NodeRun } from "./node-run.ts";

/** What the runner has to do; `composition-state` decides and does nothing itself. */
export type CompositionEffect =
  | { readonly type: "start"; readonly node: NodeRun; readonly item: ItemRun }
  /** Cancels the job of an item: a running one only if `running`. */
  | { readonly type: "cancel"; readonly node: NodeRun; readonly item: ItemRun; readonly running: boolean }
  | { readonly type: "node_changed"; readonly node: NodeRun; readonly from: NodeState; readonly to: NodeState };

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
 * never by recursion, so that neither ten thousand items nor a chain of ten thousand nodes can exhaust the stack.
 */
export class CompositionState {
  readonly nodes: ReadonlyMap<string, NodeRun>;
  readonly #context: CompositionContext;
  /** Nodes that wait for the whole of a node, and fan-outs that take its items. */
  readonly #whole = new Map<string, NodeRun[]>();
  readonly #itemwise = new Map<string, NodeRun[]>();
  readonly #effects: CompositionEffect[] = [];
  readonly #work: (() => void)[] = [];
  #openNodes: number;
  #userCancelled = false;
  #failedFast = false;

  constructor(context: CompositionContext) {
    this.#context = context;
    this.nodes = new Map(context.plan.nodes.map((plan) => [plan.node.id, new NodeRun(plan)]));
    this.#openNodes = this.nodes.size;
    for (const node of this.nodes.values()) {
      for (const id of node.plan.wholeDependencies) listUnder(this.#whole, id, node);
      for (const id of node.plan.itemDependencies) listUnder(this.#itemwise, id, node);
    }
  }

  get isOver(): boolean {
    return this.#openNodes === 0;
  }

  get userCancelled(): boolean {
    return this.#userCancelled;
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
    if (end.state === "failed") item.failure = itemFailure(item.index, this.#itemValue(node, item) ?? null, end.failure);
    this.#settle(node, item, end.state);
    this.#drain();
  }

  /** Cancels everything. @returns false when it is over, or was cancelled before */
  cancel(): boolean {
    if (this.isOver || this.#userCancelled) return false;
    this.#userCancelled = true;
    for (const node of this.nodes.values()) this.#close(node, "cancelled", { running: true });
    this.#drain();
    return true;
  }

  /** Arguments of one job. @throws CjmError CJM_BINDING_FAILED */
  argumentsOf(node: NodeRun, item: ItemRun): JsonObject {
    const bound = bindValue(node.plan.args, this.#scope(node, item));
    return isJsonObject(bound) ? bound : {};
  }

  #drain(): void {
    for (let index = 0; index < this.#work.length; index++) this.#work[index]?.();
    this.#work.length = 0;
  }

  #start(node: NodeRun): void {
    if (node.isTerminal || node.closing !== null || node.items !== null) return;
    let count = 1;
    if (node.plan.source !== null) {
      count = this.nodes.get(node.plan.source)?.items?.length ?? 0;
    } else if (node.plan.forEach !== null) {
      try {
        node.values = this.#listOf(node);
        count = node.values.length;
      } catch (error) {
        node.failure = itemFailure(0, null, error);
        this.#fail(node);
        this.#endNode(node, "failed");
        return;
      }
    }
    const items = node.expand(count);
    for (const dependent of this.#itemwise.get(node.id) ?? []) this.#meet(dependent);
    if (items.length === 0) this.#endNode(node, node.outcome);
    for (const item of items) this.#await(node, item);
  }

  #listOf(node: NodeRun): readonly JsonValue[] {
    const { forEach } = node.plan;
    const value = forEach === null ? [] : bindValue(forEach, this.#scope(node, null));
    if (Array.isArray(value)) return value as readonly JsonValue[];
    const what = isJsonObject(value) ? "an object" : JSON.stringify(value)?.slice(0, 60);
    throw new CjmError("CJM_BINDING_FAILED", `Node '${node.id}' cannot start: for_each needs a list, and it got ${what}.`, {
      hint: "Point for_each at a field that holds a list.",
    });
  }

  /** Finds out which items of other fan-outs one item waits for. */
  #await(node: NodeRun, item: ItemRun): void {
    for (const id of node.plan.itemDependencies) {
      const other = this.nodes.get(id)?.items?.[item.index];
      // An index that the other one does not have shows when the arguments are bound, with a message that says so.
      if (other === undefined || other.state === "completed") continue;
      if (isEnded(other)) {
        this.#settle(node, item, "skipped");
        return;
      }
      item.unmet += 1;
    }
    if (item.unmet === 0) this.#offer(node, item);
  }

  #offer(node: NodeRun, item: ItemRun): void {
    node.addReady(item);
    this.#work.push(() => this.#pump(node));
  }

  /** Starts items while there are places. */
  #pump(node: NodeRun): void {
    const limit = node.plan.node.maxConcurrent ?? this.#context.window;
    while (node.closing === null && node.active < limit) {
      const item = node.nextReady();
      if (item === null) return;
      item.state = "active";
      node.active += 1;
      if (node.state === "pending") this.#moveTo(node, "running");
      this.#effects.push({ type: "start", node, item });
    }
  }

  /** Ends an item and tells whoever waits for it. */
  #settle(node: NodeRun, item: ItemRun, state: "completed" | "failed" | "cancelled" | "skipped"): void {
    node.settle(item, state);
    for (const dependent of this.#itemwise.get(node.id) ?? []) {
      const waiting = dependent.items?.[item.index];
      if (waiting?.state !== "waiting") continue;
      this.#work.push(() => this.#hear(dependent, waiting, state === "completed"));
    }
    const tolerated = node.plan.node.onItemError === "collect";
    if (state === "failed" && !tolerated) this.#fail(node);
    if (state === "cancelled" && !tolerated && node.closing === null) {
      this.#close(node, "cancelled");
      this.#failFast();
    }
    if (node.open === 0) this.#work.push(() => this.#endNode(node, node.outcome));
    else this.#work.push(() => this.#pump(node));
  }

  #hear(node: NodeRun, item: ItemRun, completed: boolean): void {
    if (item.state !== "waiting") return;
    item.unmet -= 1;
    if (!completed) this.#settle(node, item, "skipped");
    else if (item.unmet === 0) this.#offer(node, item);
  }

  #endNode(node: NodeRun, state: "completed" | "failed" | "cancelled" | "skipped"): void {
    if (node.isTerminal) return;
    this.#moveTo(node, state);
    this.#openNodes -= 1;
    if (state === "completed") {
      for (const dependent of this.#whole.get(node.id) ?? []) this.#meet(dependent);
    } else {
      this.#skipDependents(node);
    }
  }

  #meet(node: NodeRun): void {
    node.unmet -= 1;
    if (node.unmet === 0) this.#work.push(() => this.#start(node));
  }

  #fail(node: NodeRun): void {
    if (node.closing === null) this.#close(node, "failed");
    this.#skipDependents(node);
    this.#failFast();
  }

  /** What depends on a node that will not complete cannot start any more, however far down it stands. */
  #skipDependents(node: NodeRun): void {
    const closed = [node];
    for (const current of closed) {
      for (const next of [...(this.#whole.get(current.id) ?? []), ...(this.#itemwise.get(current.id) ?? [])]) {
        // What is closing has closed what depends on it, or will when it ends.
        if (next.closing !== null || next.isTerminal) continue;
        this.#close(next, "skipped");
        closed.push(next);
      }
    }
  }

  /** After the first failure nothing more starts; what runs may finish, and keeps its result. */
  #failFast(): void {
    if (!this.#context.plan.composition.failFast || this.#userCancelled || this.#failedFast) return;
    this.#failedFast = true;
    for (const node of this.nodes.values()) this.#close(node, "cancelled");
  }

  /** Lets no further item of a node start. */
  #close(node: NodeRun, reason: "failed" | "cancelled" | "skipped", options: { readonly running: boolean } = { running: false }): void {
    if (node.isTerminal) return;
    const first = node.closing === null;
    if (first) node.closing = reason;
    if (node.items === null) {
      if (first && reason !== "failed") this.#work.push(() => this.#endNode(node, reason));
      return;
    }
    if (!first && !options.running) return;
    for (const item of node.items) {
      if (item.state === "active") this.#effects.push({ type: "cancel", node, item, running: options.running });
      else if (!isEnded(item)) this.#settle(node, item, reason === "skipped" ? "skipped" : "cancelled");
    }
  }

  #moveTo(node: NodeRun, to: NodeState): void {
    const from = node.moveTo(to);
    this.#effects.push({ type: "node_changed", node, from, to });
  }

  #scope(node: NodeRun, item: ItemRun | null): BindingScope {
    const { inputs, run } = this.#context;
    const value = item === null ? undefined : this.#itemValue(node, item);
    return {
      nodeId: item === null ? node.id : node.label(item),
      inputs,
      run,
      ...(item !== null && node.isFanOut && value !== undefined ? { item: value, index: item.index } : {}),
      node: (id) => this.nodes.get(id)?.value,
      failures: (id) => this.nodes.get(id)?.failures.map((failure) => ({ ...failure })),
      matching: (id) => {
        const other = item === null ? undefined : this.nodes.get(id)?.items?.[item.index];
        return other?.state === "completed" ? other.result : undefined;
      },
    };
  }

  #itemValue(node: NodeRun, item: ItemRun): JsonValue | undefined {
    if (node.plan.source === null) return node.values?.[item.index];
    return this.nodes.get(node.plan.source)?.items?.[item.index]?.result;
  }
}

function isEnded(item: ItemRun): boolean {
  return item.state !== "waiting" && item.state !== "ready" && item.state !== "active";
}

function listUnder(lists: Map<string, NodeRun[]>, id: string, node: NodeRun): void {
  const list = lists.get(id);
  if (list === undefined) lists.set(id, [node]);
  else list.push(node);
}
