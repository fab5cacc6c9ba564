import { CjmError, isTerminalNodeState, type JsonValue, NODE_TRANSITIONS, type NodeState, type PlannedNode } from "@cjm/core";
import type { ItemFailure } from "./item-failure.ts";

/** `waiting`: for items of other fan-outs. `ready`: for a place among the node's jobs. `active`: it has a job. */
export type ItemState = "waiting" | "ready" | "active" | "completed" | "failed" | "cancelled" | "skipped";

/** One job of a node; a node that is no fan-out has one item, of index 0. */
export interface ItemRun {
  readonly index: number;
  state: ItemState;
  /** Items of other fan-outs that have not completed yet. */
  unmet: number;
  result: JsonValue;
  failure: ItemFailure | null;
}

export interface ItemCounts {
  /** Null: not known yet. */
  readonly total: number | null;
  readonly completed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly cancelled: number;
}

/** A node of a running composition: its state, its items, what it waits for. */
export class NodeRun {
  readonly plan: PlannedNode;
  state: NodeState = "pending";
  /** Nodes that must complete, and fan-outs that must know their items, before this one starts. */
  unmet: number;
  /** Null: not started. */
  items: readonly ItemRun[] | null = null;
  /** What `for_each` gave; null when items come one by one from another fan-out. */
  values: readonly JsonValue[] | null = null;
  active = 0;
  open = 0;
  /** Not null: no further item starts, and why. */
  closing: "failed" | "cancelled" | "skipped" | null = null;
  /** Why it failed before it had items. */
  failure: ItemFailure | null = null;
  startedAt: number | null = null;
  endedAt: number | null = null;
  readonly #counts = { completed: 0, failed: 0, skipped: 0, cancelled: 0 };
  /** Items that may start when there is a place, in order; those before `#readyHead` have. */
  readonly #ready: ItemRun[] = [];
  #readyHead = 0;
  #list: readonly JsonValue[] | null = null;

  constructor(plan: PlannedNode) {
    this.plan = plan;
    this.unmet = plan.wholeDependencies.length + plan.itemDependencies.length;
  }

  get id(): string {
    return this.plan.node.id;
  }

  get isFanOut(): boolean {
    return this.plan.forEach !== null;
  }

  get isTerminal(): boolean {
    return isTerminalNodeState(this.state);
  }

  get counts(): ItemCounts {
    return { total: this.items?.length ?? null, ...this.#counts };
  }

  /** Name of one of its jobs: `parse`, or `parse[3]`. */
  label(item: ItemRun): string {
    return this.isFanOut ? `${this.id}[${item.index}]` : this.id;
  }

  expand(count: number): readonly ItemRun[] {
    this.items = Array.from({ length: count }, (_, index) => ({ index, state: "waiting", unmet: 0, result: null, failure: null }));
    this.open = count;
    return this.items;
  }

  addReady(item: ItemRun): void {
    item.state = "ready";
    this.#ready.push(item);
  }

  /** The next item that may start, or null. */
  nextReady(): ItemRun | null {
    for (;;) {
      const item = this.#ready[this.#readyHead];
      if (item === undefined) return null;
      this.#readyHead += 1;
      if (item.state === "ready") return item;
    }
  }

  settle(item: ItemRun, state: "completed" | "failed" | "skipped" | "cancelled"): void {
    item.state = state;
    this.open -= 1;
    this.#counts[state] += 1;
  }

  moveTo(state: NodeState): NodeState {
    const from = this.state;
    if (!(NODE_TRANSITIONS[from] as readonly NodeState[]).includes(state)) {
      throw new CjmError("CJM_INTERNAL", `Node ${this.id} cannot go from ${from} to ${state}.`);
    }
    this.state = state;
    return from;
  }

  /** What the node ends as, once none of its items is open. */
  get outcome(): "completed" | "failed" | "cancelled" | "skipped" {
    const only = this.items?.[0];
    if (!this.isFanOut && only !== undefined) return terminalItemState(only);
    if (this.closing === null || (this.closing === "cancelled" && this.#counts.completed === this.items?.length)) return "completed";
    return this.closing;
  }

  /** Its result: of a fan-out the list of the items that completed, in order. Undefined until it completed. */
  get value(): JsonValue | undefined {
    if (this.state !== "completed") return undefined;
    if (!this.isFanOut) return this.items?.[0]?.result;
    this.#list ??= (this.items ?? []).filter((item) => item.state === "completed").map((item) => item.result);
    return this.#list;
  }

  get failures(): readonly ItemFailure[] {
    if (this.failure !== null) return [this.failure];
    return (this.items ?? []).flatMap((item) => (item.failure === null ? [] : [item.failure]));
  }
}

function terminalItemState(item: ItemRun): "completed" | "failed" | "cancelled" | "skipped" {
  if (item.state === "waiting" || item.state === "ready" || item.state === "active") {
    throw new CjmError("CJM_INTERNAL", `Item ${item.index} is ${item.state} although nothing is open.`);
  }
  return item.state;
}
