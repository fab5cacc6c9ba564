import {
  CjmError,
  isTerminalNodeState,
  type JsonObject,
  type JsonValue,
  NODE_TRANSITIONS,
  type NodeState,
  type PlannedNode,
} from "@cjm/core";
import type { ItemFailure } from "./item-failure.ts";
import type { SkipReason } from "./skip-reason.ts";

/** `waiting`: for items of other fan-outs. `ready`: for a place among the node's jobs. `active`: it has a job, or its parts run. */
export type ItemState = "waiting" | "ready" | "active" | "completed" | "failed" | "cancelled" | "skipped";
export type EndedItemState = "completed" | "failed" | "skipped" | "cancelled";

/** One job of a node, or one pass through a composition; a node that is no fan-out has one item, of index 0. */
export interface ItemRun {
  readonly index: number;
  state: ItemState;
  /** Items of other nodes that have not ended yet. */
  unmet: number;
  result: JsonValue;
  failure: ItemFailure | null;
  /** It was skipped, and nothing but conditions led to that. */
  byCondition: boolean;
  /** Of a composition that began: what its inputs are. */
  inputs: JsonObject | null;
  /** Of a composition: parts that have not ended. */
  openParts: number;
  /** Of a composition: it will not complete, so nothing more of it starts. */
  stopping: boolean;
  /** The item that became ready after this one. */
  readyNext: ItemRun | null;
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
  /** Node that runs the composition which this one is part of. */
  readonly parent: NodeRun | null;
  /** Nodes of the composition that this one runs. */
  readonly parts: NodeRun[] = [];
  /** Nodes that wait for the end of this one. */
  readonly waitingForAll: NodeRun[] = [];
  /** Nodes of which an item waits for the item of the same index. */
  readonly waitingForItems: NodeRun[] = [];
  state: NodeState = "pending";
  /** Nodes that must end, fan-outs that must know their items, and a composition that must begin, before this one starts. */
  unmet: number;
  /** Null: not started. */
  items: readonly ItemRun[] | null = null;
  /** What `for_each` gave; null when items come one by one from another fan-out. */
  values: readonly JsonValue[] | null = null;
  active = 0;
  open = 0;
  /** Not null: no further item starts, and why. */
  closing: "failed" | "cancelled" | "skipped" | null = null;
  /** Not null when it closes as skipped. */
  skip: SkipReason | null = null;
  /** Why it failed before it had items. */
  failure: ItemFailure | null = null;
  startedAt: number | null = null;
  endedAt: number | null = null;
  readonly #counts = { completed: 0, failed: 0, skipped: 0, cancelled: 0 };
  /** Items that may start when there is a place, in order. */
  #firstReady: ItemRun | null = null;
  #lastReady: ItemRun | null = null;
  #list: readonly JsonValue[] | null = null;

  constructor(plan: PlannedNode, parent: NodeRun | null) {
    this.plan = plan;
    this.parent = parent;
    this.unmet = plan.wholeDependencies.length + plan.itemDependencies.length + (parent === null ? 0 : 1);
  }

  get id(): string {
    return this.plan.node.id;
  }

  get isFanOut(): boolean {
    return this.plan.isFanOut;
  }

  get isTerminal(): boolean {
    return isTerminalNodeState(this.state);
  }

  get counts(): ItemCounts {
    return { total: this.items?.length ?? null, ...this.#counts };
  }

  /** Whether a condition, its own or of what it waits for, is all that kept it from running. */
  get isSkippedByCondition(): boolean {
    return this.state === "skipped" && this.skip?.cause === "condition";
  }

  /** Name of one of its jobs: `parse`, or `parse[3]`. */
  label(item: ItemRun): string {
    return this.isFanOut ? `${this.id}[${item.index}]` : this.id;
  }

  expand(count: number): readonly ItemRun[] {
    this.items = Array.from({ length: count }, (_, index) => ({
      index,
      state: "waiting",
      unmet: 0,
      result: null,
      failure: null,
      byCondition: false,
      inputs: null,
      openParts: this.parts.length,
      stopping: false,
      readyNext: null,
    }));
    this.open = count;
    return this.items;
  }

  addReady(item: ItemRun): void {
    item.state = "ready";
    if (this.#lastReady === null) this.#firstReady = item;
    else this.#lastReady.readyNext = item;
    this.#lastReady = item;
  }

  /** Its times, when it comes into a state. Unix milliseconds. */
  noteTime(state: NodeState, at: number): void {
    if (state === "running") this.startedAt = at;
    else this.endedAt = at;
  }

  /** The next item that may start, or null. */
  nextReady(): ItemRun | null {
    for (;;) {
      const item = this.#firstReady;
      if (item === null) return null;
      this.#firstReady = item.readyNext;
      if (this.#firstReady === null) this.#lastReady = null;
      if (item.state === "ready") return item;
    }
  }

  settle(item: ItemRun, state: EndedItemState): void {
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
  get outcome(): EndedItemState {
    const only = this.items?.[0];
    if (!this.isFanOut && only !== undefined) return endedState(only);
    if (this.closing === null || (this.closing === "cancelled" && this.#counts.completed === this.items?.length)) return "completed";
    // What runs item by item inside a composition is closed with it; whose failure that was shows all the same.
    return this.plan.followsParent && this.#counts.failed > 0 ? "failed" : this.closing;
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

export function isEnded(item: ItemRun): boolean {
  return item.state !== "waiting" && item.state !== "ready" && item.state !== "active";
}

function endedState(item: ItemRun): EndedItemState {
  if (item.state === "waiting" || item.state === "ready" || item.state === "active") {
    throw new CjmError("CJM_INTERNAL", `Item ${item.index} is ${item.state} although nothing is open.`);
  }
  return item.state;
}
