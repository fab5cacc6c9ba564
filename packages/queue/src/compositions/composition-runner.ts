import {
  type Clock,
  type CompositionPlan,
  type CompositionStatus,
  type JournalSubject,
  type JournalWriter,
  type JsonObject,
  terminalStatus,
} from "@cjm/core";
import type { EventPublisher } from "../events/event-publisher.ts";
import type { JobEnd } from "../job/job-lifecycle.ts";
import type { JobRequest } from "../job/job-request.ts";
import { type CompositionOutcome, failuresOf, resultsOf, summaryOf } from "./composition-outcome.ts";
import { type CompositionEffect, CompositionState } from "./composition-state.ts";
import { shortened } from "./item-failure.ts";
import type { ItemRun, NodeRun } from "./node-run.ts";

/** What a composition asks of the queue. */
export interface MemberJobs {
  /** Submits a member; how it ends is told through `CompositionRunner.memberEnded`, never from inside this call. */
  submit(request: JobRequest, membership: { readonly compositionId: string; readonly nodeId: string }): string;
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
  readonly onOver: (runner: CompositionRunner) => void;
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
  #effects: CompositionEffect[] = [];
  #status: CompositionStatus = "running";
  #endedAt: number | null = null;
  #announced = false;

  constructor(run: CompositionRun, parts: RunnerParts) {
    this.run = run;
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
    this.#state = new CompositionState({
      plan: run.plan,
      inputs: run.inputs,
      run: { id: run.runId, actor: run.actor, dir: run.runDir },
      window: parts.window,
    });
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
    const { compositionId, runId, plan } = this.run;
    const nodes = [...this.#state.nodes.values()];
    return {
      compositionId,
      name: plan.composition.name,
      runId,
      status: this.#status,
      startedAt: this.#startedAt,
      endedAt: this.#endedAt,
      nodes: nodes.map(summaryOf),
      results: resultsOf(nodes),
      failures: failuresOf(nodes),
    };
  }

  begin(): void {
    const { inputs, plan } = this.run;
    this.#emit("run_started", null, {
      composition: plan.composition.name,
      inputs: shortened(inputs),
      nodes: plan.nodes.map(({ node }) => node.id),
    });
    this.#state.begin();
    this.advance();
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

  cancel(): boolean {
    const cancelled = this.#state.cancel();
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
      this.#effects.push(...this.#state.takeEffects());
      if (this.#effects.length === 0) break;
      if (this.#parts.journal.failure !== null && !this.#state.userCancelled) return started;
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
        this.#startItem(effect.node, effect.item);
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

  #startItem(node: NodeRun, item: ItemRun): void {
    if (node.closing !== null) {
      this.#state.itemEnded(node, item, { state: "cancelled" });
      return;
    }
    const { compositionId, runId, actor, plan } = this.run;
    const { call, instanceId, priority, timeoutMs, retry, control } = node.plan.node;
    try {
      const args = this.#state.argumentsOf(node, item);
      const request: JobRequest = {
        instanceId,
        ...(call.channel === "task"
          ? { task: call.task, method: call.method, kwargs: args }
          : { kwargs: call.action === null ? args : { ...args, action: call.action } }),
        priority: priority ?? plan.composition.priority,
        runId,
        actor,
        control,
        timeoutMs,
        retry,
      };
      const jobId = this.#parts.members.submit(request, { compositionId, nodeId: node.label(item) });
      this.#jobs.set(jobId, { node, item });
      this.#jobOf.set(item, jobId);
    } catch (error) {
      this.#state.itemEnded(node, item, { state: "failed", failure: error });
    }
  }

  #noteChange({ node, from, to }: Extract<CompositionEffect, { type: "node_changed" }>): void {
    const now = this.#parts.clock.now();
    if (to === "running") node.startedAt = now;
    else node.endedAt = now;
    // The original journals its members' jobs only; without rows of its own a node that never had a job leaves no trace.
    this.#emit("composition_node_changed", null, { from, to, items: { ...node.counts } }, node.id);
  }

  #finish(): void {
    const nodes = [...this.#state.nodes.values()];
    this.#endedAt = this.#parts.clock.now();
    this.#status = terminalStatus({
      userCancelled: this.#state.userCancelled,
      failFast: this.run.plan.composition.failFast,
      states: nodes.map((node) => node.state),
    });
    const counts = { jobs: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0 };
    for (const { counts: items } of nodes) {
      counts.jobs += items.completed + items.failed + items.cancelled;
      for (const key of ["completed", "failed", "skipped", "cancelled"] as const) counts[key] += items[key];
    }
    this.#emit("run_finished", null, {
      status: this.#status,
      nodes: Object.fromEntries(nodes.map((node) => [node.id, node.state])),
      counts,
    });
    this.#parts.onOver(this);
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
