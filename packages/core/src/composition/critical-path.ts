import type { NodeState } from "./node-state.ts";
import type { CompositionPlan, PlannedNode } from "./plan.ts";

/** A node as a run shows it. Times are Unix milliseconds. */
export interface ObservedNode {
  readonly id: string;
  readonly state: NodeState;
  /** Null: it never ran. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly items: {
    readonly total: number | null;
    readonly completed: number;
    readonly failed: number;
    readonly skipped: number;
    readonly cancelled: number;
  };
}

/** A run of a composition, as its outcome has it. */
export interface ObservedRun {
  readonly startedAt: number;
  readonly nodes: readonly ObservedNode[];
}

export interface CriticalPath {
  /** From the start of the run to the end of the last node. */
  readonly lengthMs: number;
  /** Nodes in the order in which they ran; together their times are the length. */
  readonly steps: readonly {
    readonly nodeId: string;
    /** From the end of the step before it, or the start of the run, to its own end; waiting for a place included. */
    readonly ms: number;
    /** Of the length, 0 to 1. */
    readonly share: number;
  }[];
}

/**
 * The chain of nodes that a run took its time for: the node that ended last, of those that it waited for the one that ended
 * last, and so on to the beginning. Making any other node faster would not have shortened the run. Compositions inside stand
 * for their parts.
 */
export function criticalPath(plan: CompositionPlan, run: ObservedRun): CriticalPath {
  const history = new History(plan, run);
  const way: { readonly nodeId: string; endedAt: number }[] = [];
  let bound = Number.POSITIVE_INFINITY;
  for (let step = history.lastOf(history.outermost); step !== null; step = history.cause(step)) {
    // An item-by-item successor may end before the whole of what it took its items from.
    bound = Math.min(bound, history.endOf(step));
    way.push({ nodeId: step, endedAt: bound });
  }
  way.reverse();
  const lengthMs = Math.max(0, (way.at(-1)?.endedAt ?? run.startedAt) - run.startedAt);
  let before = run.startedAt;
  const steps = way.map(({ nodeId, endedAt }) => {
    const ms = Math.max(0, endedAt - before);
    before = Math.max(before, endedAt);
    return { nodeId, ms, share: lengthMs === 0 ? 0 : ms / lengthMs };
  });
  return { lengthMs, steps };
}

class History {
  readonly outermost: string[] = [];
  readonly #planned = new Map<string, PlannedNode>();
  readonly #parts = new Map<string, string[]>();
  readonly #ends = new Map<string, number>();
  readonly #visited = new Set<string>();

  constructor(plan: CompositionPlan, { nodes }: ObservedRun) {
    for (const planned of plan.nodes) {
      const { id } = planned.node;
      this.#planned.set(id, planned);
      if (planned.parent === null) this.outermost.push(id);
      else this.#partsOf(planned.parent).push(id);
    }
    for (const { id, startedAt, endedAt } of nodes) if (startedAt !== null && endedAt !== null) this.#ends.set(id, endedAt);
  }

  endOf(id: string): number {
    return this.#ends.get(id) ?? Number.NEGATIVE_INFINITY;
  }

  /** Of these nodes, or their parts, the one that ended last; null when none ran. */
  lastOf(ids: readonly string[]): string | null {
    let last: string | null = null;
    const open = [...ids];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const parts = this.#partsOf(id);
      if (parts.length > 0 && this.#ends.has(id)) {
        for (const part of parts) open.push(part);
      } else if (this.#ends.has(id) && (last === null || this.endOf(id) > this.endOf(last))) last = id;
    }
    return last;
  }

  /** What the start of a node waited for longest; null when it waited for nothing that ran. */
  cause(id: string): string | null {
    this.#visited.add(id);
    for (let around: string | null = id; around !== null; around = this.#planned.get(around)?.parent ?? null) {
      const last = this.lastOf(this.#dependencies(around));
      if (last !== null && !this.#visited.has(last)) return last;
    }
    return null;
  }

  /** What a node waited for; in place of what was skipped what that waited for. */
  #dependencies(id: string): string[] {
    const ran: string[] = [];
    const seen = new Set([id]);
    const open = [id];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const planned = this.#planned.get(next);
      for (const before of [...(planned?.wholeDependencies ?? []), ...(planned?.itemDependencies ?? [])]) {
        if (seen.has(before)) continue;
        seen.add(before);
        (this.#ends.has(before) ? ran : open).push(before);
      }
    }
    return ran;
  }

  #partsOf(id: string): string[] {
    const parts = this.#parts.get(id) ?? [];
    this.#parts.set(id, parts);
    return parts;
  }
}
