import {
  type Clock,
  type CompositionPlan,
  type CompositionStatus,
  isTerminal,
  type JournalSubject,
  type JournalWriter,
  type JsonObject,
  type NodeState,
  type TerminalJobStatus,
} from "@cjm/core";
import type { EventPublisher } from "../events/event-publisher.ts";
import type { JobEnd } from "../job/job.ts";
import { leftToNextHost } from "../job/job-lifecycle.ts";
import type { JobRequest } from "../job/job-request.ts";
import type { CompositionEffect } from "./composition-effect.ts";
import { type CompositionOutcome, outcomeOf } from "./composition-outcome.ts";
import { CompositionState } from "./composition-state.ts";
import { EarlierRun, type KnownMember } from "./earlier-run.ts";
import { shortened } from "./item-failure.ts";
import { memberRequest } from "./member-request.ts";
import type { ItemRun, NodeRun } from "./node-run.ts";

/** What a composition asks of the queue. */
export interface MemberJobs {
  /** Submits a member; how it ends is told through `CompositionRunner.memberEnded`, never from inside this call. */
  submit(request: JobRequest, membership: { readonly compositionId: string; readonly nodeId: string }): string;
  /** Takes over a member that waits or was interrupted; it ends through `memberEnded` as well. */
  adopt(member: KnownMember): string;
  /** Cancels a member: a running one only if `running`. */
  cancel(jobId: string, running: boolean): void;
}

export interface CompositionRun {
  readonly compositionId: string;
  readonly plan: CompositionPlan;
  readonly inputs: JsonObject;
  readonly runId: string | null;
  readonly actor: string | null;
  readonly runDir: string | null;
}

interface RunnerParts {
  readonly members: MemberJobs;
  readonly publisher: EventPublisher;
  readonly journal: JournalWriter;
  readonly clock: Clock;
  /** Jobs that a fan-out without a bound of its own has in the queue at the same time. */
  readonly window: number;
  /** Somebody cancelled it as a whole. */
  readonly onCancelled: () => void;
  readonly onOver: (status: TerminalJobStatus) => void;
  /** What an earlier host did of it. @default nothing */
  readonly earlier?: EarlierWork;
}

export interface EarlierWork {
  readonly members: readonly KnownMember[];
  /** Unix milliseconds. */
  readonly startedAt: number;
  readonly cancelRequested: boolean;
}

/** Runs one composition: carries out what its state decides, and tells the state how the jobs ended. */
export class CompositionRunner {
  readonly run: CompositionRun;
  readonly #parts: RunnerParts;
  readonly #state: CompositionState;
  readonly #jobs = new Map<string, { readonly node: NodeRun; readonly item: ItemRun }>();
  readonly #jobOf = new Map<ItemRun, string>();
  readonly #ended = Promise.withResolvers<void>();
  readonly #startedAt: number;
  readonly #earlier: EarlierRun | null;
  #effects: CompositionEffect[] = [];
  #status: CompositionStatus = "running";
  #endedAt: number | null = null;
  #announced = false;
  /** Somebody wants it to end, whatever the journal can keep of that. */
  #isCancelled = false;
  #isLeft = false;

  constructor(run: CompositionRun, parts: RunnerParts) {
    this.run = run;
    this.#parts = parts;
    this.#startedAt = parts.earlier?.startedAt ?? parts.clock.now();
    this.#state = new CompositionState({
      plan: run.plan,
      inputs: run.inputs,
      run: { id: run.runId, actor: run.actor, dir: run.runDir },
      window: parts.window,
    });
    this.#earlier = parts.earlier === undefined ? null : new EarlierRun(this.#state, parts.earlier.members, this.#startedAt);
  }

  /** Resolves when every node is terminal and the last row is on disk. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get isOver(): boolean {
    return this.#status !== "running";
  }

  /** Its last row is on disk, or cannot be. */
  get announced(): boolean {
    return this.#announced;
  }

  outcome(): CompositionOutcome {
    return outcomeOf(this.#state, this.run, { status: this.#status, startedAt: this.#startedAt, endedAt: this.#endedAt });
  }

  /** Does nothing once it was cancelled or left, which it may have been while it was stored. */
  begin(): void {
    if (this.isOver || this.#isLeft) return;
    const { inputs, plan } = this.run;
    if (this.#earlier === null) {
      this.#emit("run_started", null, {
        composition: plan.composition.name,
        inputs: shortened(inputs),
        nodes: plan.nodes.map(({ node }) => node.id),
      });
      this.#state.begin();
      this.advance();
      return;
    }
    const { members } = this.#earlier;
    const ended = [...members.values()].filter(({ job }) => isTerminal(job.status)).length;
    this.#emit("run_resumed", null, { composition: plan.composition.name, ended_jobs: ended, open_jobs: members.size - ended });
    const { cancelRequested = false } = this.#parts.earlier ?? {};
    this.#earlier.replay(() => this.advance(), { cancelRequested });
    if (cancelRequested) this.cancel();
  }

  memberEnded(jobId: string, end: JobEnd): void {
    const member = this.#jobs.get(jobId);
    if (member === undefined) return;
    const { node, item } = member;
    this.#jobs.delete(jobId);
    this.#jobOf.delete(item);
    if (end.status === "completed") this.#state.itemEnded(node, item, { state: "completed", result: end.result });
    else if (end.status === "failed") this.#state.itemEnded(node, item, { state: "failed", failure: end.failure });
    else this.#state.itemEnded(node, item, { state: "cancelled" });
    const started = this.advance();
    if (end.status === "completed" && started.length > 0) {
      this.#emit("composition_advanced", jobId, { completed_node: node.label(item), enqueued_nodes: started });
    }
  }

  /** It does not end here: whoever waits for it hears why. */
  leave(): void {
    this.#isLeft = true;
    this.#ended.promise.catch(() => {});
    this.#ended.reject(leftToNextHost(`composition ${this.run.compositionId}`));
  }

  cancel(): boolean {
    const cancelled = this.#state.cancel();
    if (cancelled) this.#parts.onCancelled();
    this.#isCancelled = true;
    this.advance();
    return cancelled;
  }

  /**
   * Carries out what is to be done, and returns the nodes that started. While the journal is failed nothing is: what cannot
   * be accounted for is not begun, and goes on after the reset.
   */
  advance(): string[] {
    const started: string[] = [];
    for (;;) {
      for (const effect of this.#state.takeEffects()) this.#effects.push(effect);
      if (this.#effects.length === 0) break;
      if (this.#parts.journal.failure !== null && !this.#isCancelled) return started;
      const effects = this.#effects;
      this.#effects = [];
      for (const effect of effects) {
        this.#carryOut(effect);
        if (effect.type === "node_changed" && effect.to === "running") started.push(effect.node.id);
      }
    }
    if (this.#state.isOver && !this.isOver) this.#finish();
    return started;
  }

  #carryOut(effect: CompositionEffect): void {
    switch (effect.type) {
      case "start":
        this.#startItem(effect);
        break;
      case "cancel": {
        const jobId = this.#jobOf.get(effect.item);
        if (jobId !== undefined) this.#parts.members.cancel(jobId, effect.running);
        break;
      }
      case "node_changed":
        this.#noteChange(effect);
        break;
      default:
        effect satisfies never;
    }
  }

  #startItem({ node, item, call }: Extract<CompositionEffect, { type: "start" }>): void {
    if (node.closing !== null) {
      this.#state.itemEnded(node, item, { state: "cancelled" });
      return;
    }
    if (this.#earlier?.begin(node, item) === true) return;
    const known = this.#earlier?.members.get(node.label(item));
    if (known !== undefined) {
      this.#track(this.#parts.members.adopt(known), node, item);
      return;
    }
    const { compositionId, runId, actor } = this.run;
    try {
      const request = memberRequest(call, this.#state.argumentsOf(node, item), { priority: node.plan.priority, runId, actor });
      const jobId = this.#parts.members.submit(request, { compositionId, nodeId: node.label(item) });
      this.#track(jobId, node, item);
    } catch (error) {
      this.#state.itemEnded(node, item, { state: "failed", failure: error });
    }
  }

  #track(jobId: string, node: NodeRun, item: ItemRun): void {
    this.#jobs.set(jobId, { node, item });
    this.#jobOf.set(item, jobId);
  }

  #noteChange({ node, from, to }: Extract<CompositionEffect, { type: "node_changed" }>): void {
    const past = this.#pastOf(node, to);
    node.noteTime(to, past ?? this.#parts.clock.now());
    // What an earlier host did of it has its rows.
    if (past !== null && this.#earlier?.knows(node) === true) return;
    // The original journals its members' jobs only; without rows of its own a node that never had a job leaves no trace.
    const skipped = node.skip === null ? {} : { skipped: { ...node.skip } };
    this.#emit("composition_node_changed", null, { from, to, items: { ...node.counts }, ...skipped }, node.id);
  }

  /** When a node came into a state under an earlier host; null when it does now. */
  #pastOf(node: NodeRun, to: NodeState): number | null {
    if (this.#earlier?.isReplaying !== true) return null;
    const startsNow = to === "running" && node.plan.node.kind === "call" && !this.#earlier.knows(node);
    return startsNow ? null : this.#earlier.now;
  }

  #finish(): void {
    const nodes = [...this.#state.nodes.values()];
    this.#endedAt = this.#parts.clock.now();
    this.#status = this.#state.end?.status ?? "completed";
    const counts = { jobs: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 };
    for (const { counts: items, plan } of nodes) {
      if (plan.node.kind !== "call") continue;
      counts.jobs += items.completed + items.failed + items.cancelled;
      for (const key of ["completed", "failed", "skipped", "cancelled"] as const) counts[key] += items[key];
    }
    this.#emit("run_finished", null, {
      status: this.#status,
      nodes: Object.fromEntries(nodes.map((node) => [node.id, node.state])),
      counts,
    });
    this.#parts.onOver(this.#status === "running" ? "completed" : this.#status);
    void this.#parts.publisher.committed().then(() => {
      this.#announced = true;
      this.#ended.resolve();
    });
  }

  #emit(eventType: string, jobId: string | null, payload: JsonObject, nodeId: string | null = null): void {
    const { compositionId, runId, actor } = this.run;
    const subject: JournalSubject = { jobId, compositionId, nodeId, runId, actor };
    this.#parts.publisher.emit(eventType, subject, payload);
  }
}
