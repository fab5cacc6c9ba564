import type { Composition } from "@cjm/core";
import type { CompositionEffect } from "./composition-effect.ts";
import { type NodeGraph, passOf } from "./node-graph.ts";
import { type EndedItemState, type ItemRun, isEnded, type NodeRun } from "./node-run.ts";
import { type SkipReason, skipReasonAfter } from "./skip-reason.ts";

/** What closing does to the state machine that it is a part of. */
export interface Moves {
  settle(node: NodeRun, item: ItemRun, state: EndedItemState, byCondition: boolean): void;
  endNode(node: NodeRun, state: EndedItemState): void;
  /** Behind everything that is to be done already. */
  later(work: () => void): void;
  emit(effect: CompositionEffect): void;
}

interface CloseOptions {
  /** Jobs that run are cancelled as well. */
  readonly running?: boolean;
  /** Needed for `skipped`. */
  readonly skip?: SkipReason;
}

/** How what cannot run any more comes to its end: after a failure, a condition, a cancellation. */
export class NodeClosing {
  readonly #graph: NodeGraph;
  readonly #composition: Composition;
  readonly #moves: Moves;
  #failedFast = false;

  constructor(graph: NodeGraph, composition: Composition, moves: Moves) {
    this.#graph = graph;
    this.#composition = composition;
    this.#moves = moves;
  }

  /** Lets no further item of a node start. */
  close(node: NodeRun, reason: "failed" | "cancelled" | "skipped", { running = false, skip }: CloseOptions = {}): void {
    if (node.isTerminal) return;
    const first = node.closing === null;
    if (first) {
      node.closing = reason;
      node.skip = reason === "skipped" ? (skip ?? null) : null;
    }
    if (!first && !running) return;
    this.#closeParts(node, reason, running);
    if (node.items === null) {
      if (first && reason !== "failed") this.#moves.later(() => this.#moves.endNode(node, reason));
      return;
    }
    for (const item of node.items) {
      if (item.state === "active") this.#stopActive(node, item, running);
      else if (!isEnded(item))
        this.#moves.settle(node, item, reason === "skipped" ? "skipped" : "cancelled", node.skip?.cause === "condition");
    }
  }

  /** A node that failed, or of which that is certain. */
  fail(node: NodeRun, reason: "failed" | "cancelled" = "failed"): void {
    if (node.closing === null) this.close(node, reason);
    this.skipDependents(node);
    this.#failFast(node, reason);
  }

  /**
   * What waits for a node that will not complete cannot start any more, however far down it stands; except for what runs
   * after nodes that a condition skipped.
   */
  skipDependents(node: NodeRun): void {
    const closed = [node];
    for (const current of closed) {
      const conditional = current.skip?.cause === "condition";
      for (const dependents of [current.waitingForAll, current.waitingForItems]) {
        for (const next of dependents) {
          // What is closing has closed what depends on it, or will when it ends.
          if (next.closing !== null || next.isTerminal || (conditional && runsAfterSkipped(next, current.id))) continue;
          this.close(next, "skipped", { skip: skipReasonAfter(current) });
          closed.push(next);
        }
      }
    }
  }

  /** One item of what runs item by item inside a composition failed, or was cancelled. */
  failPart(node: NodeRun, item: ItemRun, reason: "failed" | "cancelled"): void {
    let [current, failed] = [node, item];
    while (current.plan.followsParent) {
      const parent = current.parent;
      const pass = passOf(current, failed);
      if (parent === null || pass === null || pass.stopping || pass.state !== "active" || !this.#isFailFast(parent)) return;
      pass.stopping = true;
      this.#skipDependentItems(current, failed);
      this.#stopParts(parent, pass);
      [current, failed] = [parent, pass];
    }
    if (current.plan.node.onItemError === "fail" && current.closing === null) this.fail(current, reason);
  }

  /** Ends the parts of a pass that ended before it began. */
  endUnbegun(node: NodeRun, pass: ItemRun): void {
    for (const part of node.parts) {
      const item = part.items?.[pass.index];
      if (item !== undefined && !isEnded(item)) {
        this.#moves.settle(part, item, pass.state === "cancelled" ? "cancelled" : "skipped", pass.byCondition);
      }
    }
  }

  /** After the first failure nothing more starts; what runs may finish, and keeps its result. */
  #failFast(node: NodeRun, reason: "failed" | "cancelled"): void {
    for (let current = node; ; ) {
      const parent = current.parent;
      if (parent === null) break;
      if (!this.#isFailFast(parent) || parent.closing !== null) return;
      this.close(parent, reason);
      this.skipDependents(parent);
      current = parent;
    }
    if (!this.#composition.failFast || this.#failedFast) return;
    this.#failedFast = true;
    for (const outermost of this.#graph.outermost) this.close(outermost, "cancelled");
  }

  #isFailFast({ plan }: NodeRun): boolean {
    return plan.node.kind === "composition" && plan.node.composition.failFast;
  }

  #closeParts(node: NodeRun, reason: "failed" | "cancelled" | "skipped", running: boolean): void {
    const began = node.items !== null && (node.isFanOut || node.items[0]?.inputs != null);
    const [closing, skip] = reason === "failed" && !began ? (["skipped", skipReasonAfter(node)] as const) : [reason, node.skip];
    for (const part of node.parts) {
      this.close(part, closing === "failed" ? "cancelled" : closing, { running, ...(skip === null ? {} : { skip }) });
    }
  }

  #stopActive(node: NodeRun, item: ItemRun, running: boolean): void {
    // The parts of a composition are closed one by one.
    if (node.plan.node.kind === "call") this.#moves.emit({ type: "cancel", node, item, running });
  }

  #stopParts(node: NodeRun, pass: ItemRun): void {
    for (const part of node.parts) {
      const item = part.items?.[pass.index];
      if (item === undefined || isEnded(item)) continue;
      if (item.state !== "active") this.#moves.settle(part, item, "cancelled", false);
      else if (part.plan.node.kind === "call") this.#stopActive(part, item, false);
      else {
        item.stopping = true;
        this.#stopParts(part, item);
      }
    }
  }

  #skipDependentItems(node: NodeRun, item: ItemRun): void {
    const skipped = [node];
    for (const current of skipped) {
      for (const next of current.waitingForItems) {
        const waiting = next.items?.[item.index];
        if (waiting?.state !== "waiting") continue;
        this.#moves.settle(next, waiting, "skipped", false);
        skipped.push(next);
      }
    }
  }
}

/** Whether a node runs although one that it waits for was skipped because of a condition. */
export function runsAfterSkipped({ plan }: NodeRun, dependencyId: string): boolean {
  // Without the fan-out that gives its items there is nothing to go over.
  return plan.node.afterSkipped === "run" && plan.source !== dependencyId;
}
