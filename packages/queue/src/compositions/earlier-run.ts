import { CjmError, errorFromJobError, isTerminal, type JobError, type StoredJob } from "@cjm/core";
import type { CompositionState } from "./composition-state.ts";
import type { ItemRun, NodeRun } from "./node-run.ts";

/** A member of which the store knows from before. */
export interface KnownMember {
  readonly job: StoredJob;
  readonly wasRunning: boolean;
}

/**
 * What happened to a composition before, told to its state in the order in which it did. In another order a failure could
 * close what in truth had been done before it.
 */
export class EarlierRun {
  readonly members: ReadonlyMap<string, KnownMember>;
  readonly #state: CompositionState;
  readonly #begun = new Map<string, { readonly node: NodeRun; readonly item: ItemRun }>();
  /** Members whose turn is over. */
  readonly #past = new Set<string>();
  #now: number;
  #isReplaying = false;

  /** `startedAt` is in Unix milliseconds. */
  constructor(state: CompositionState, members: readonly KnownMember[], startedAt: number) {
    this.#state = state;
    this.members = new Map(members.map((member) => [member.job.spec.nodeId ?? "", member]));
    this.#now = startedAt;
  }

  /** The time of what is being told. Unix milliseconds. */
  get now(): number {
    return this.#now;
  }

  get isReplaying(): boolean {
    return this.#isReplaying;
  }

  /** Begins the state and tells it everything; `advance` carries out what follows. */
  replay(advance: () => void, { cancelRequested }: { readonly cancelRequested: boolean }): void {
    this.#isReplaying = true;
    this.#state.begin();
    advance();
    const ended = [...this.members].filter(([, { job }]) => isTerminal(job.status));
    // Members come in the order of submission, so of those that ended at the same time what was waited for comes first.
    for (const [label, { job }] of ended.toSorted(([, a], [, b]) => (a.job.endedAt ?? 0) - (b.job.endedAt ?? 0))) {
      this.#now = Math.max(this.#now, job.endedAt ?? 0);
      this.#past.add(label);
      const begun = this.#begun.get(label);
      if (begun === undefined) continue;
      this.#begun.delete(label);
      if (cancelRequested && job.status === "cancelled") this.#state.cancel();
      this.#end(begun.node, begun.item, job);
      advance();
    }
    this.#isReplaying = false;
  }

  /** An item starts. @returns whether its end is known, and will be told */
  begin(node: NodeRun, item: ItemRun): boolean {
    const label = node.label(item);
    const known = this.members.get(label);
    if (known === undefined || !isTerminal(known.job.status)) return false;
    if (this.#past.has(label)) this.#end(node, item, known.job);
    else this.#begun.set(label, { node, item });
    return true;
  }

  /** Whether a node had jobs then. */
  knows(node: NodeRun): boolean {
    return (node.items ?? []).some((item) => this.members.has(node.label(item)));
  }

  #end(node: NodeRun, item: ItemRun, { status, result, error }: StoredJob): void {
    if (status === "completed") this.#state.itemEnded(node, item, { state: "completed", result });
    else if (status === "failed") this.#state.itemEnded(node, item, { state: "failed", failure: failureFrom(error) });
    else this.#state.itemEnded(node, item, { state: "cancelled" });
  }
}

function failureFrom(error: JobError | null): Error {
  return error === null
    ? new CjmError("CJM_CALL_FAILED", "It failed under an earlier host.")
    : errorFromJobError(error, { capabilityName: "the capability" });
}
