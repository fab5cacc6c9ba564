import {
  type CallNode,
  type CompositionFault,
  type CompositionPlan,
  callsOf,
  compositionInvalid,
  errorMessage,
  isCjmError,
  type JsonObject,
  planComposition,
  resolveInputs,
  type StoredComposition,
  validateComposition,
} from "@cjm/core";
import { instanceDisabled } from "../dispatch/head-facts.ts";
import type { Ending } from "../events/ending.ts";
import type { EventStream } from "../events/event-stream.ts";
import type { EventFilter } from "../events/queue-event.ts";
import { type WaitOptions, waitFor } from "../internal/wait-for.ts";
import type { JobEngine } from "../job-engine.ts";
import type { ResolvedQueueOptions } from "../queue-options.ts";
import { CompositionHandle } from "./composition-handle.ts";
import type { CompositionOutcome } from "./composition-outcome.ts";
import { CompositionRegistry } from "./composition-registry.ts";
import { type CompositionRun, CompositionRunner, type EarlierWork } from "./composition-runner.ts";
import { journalLostEnds } from "./journal-lost-ends.ts";
import { storedOutcome } from "./stored-outcome.ts";

export interface SubmitCompositionOptions {
  /** Values of its inputs. */
  readonly inputs?: JsonObject;
  /** @default the queue's run context */
  readonly runId?: string | null;
  /** @default the queue's run context */
  readonly actor?: string | null;
  /** Folder that `${run.dir}` stands for; it must exist. @default none */
  readonly runDir?: string | null;
  /** Aborting it cancels the composition. */
  readonly signal?: AbortSignal;
}

type Subscribe = (filter: EventFilter, subject: Ending) => EventStream;

/** Accepts compositions, keeps them, and passes on how their jobs end. */
export class CompositionService {
  readonly #engine: JobEngine;
  readonly #options: ResolvedQueueOptions;
  readonly #registry: CompositionRegistry;

  constructor(engine: JobEngine, options: ResolvedQueueOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#registry = new CompositionRegistry(options.maxEndedCompositions);
    engine.onMemberEnded((compositionId, jobId, end) => this.#registry.find(compositionId)?.memberEnded(jobId, end));
  }

  get runningCount(): number {
    return this.#registry.active().length;
  }

  async submit(
    document: unknown,
    options: SubmitCompositionOptions & { readonly runId: string | null; readonly actor: string | null },
    subscribe: Subscribe,
  ): Promise<CompositionHandle> {
    options.signal?.throwIfAborted();
    this.#engine.assertAccepting();
    const { ids, clock, store } = this.#options;
    const plan = planComposition(validateComposition(document));
    this.#checkInstances(plan);
    const inputs = resolveInputs(plan.composition, { values: options.inputs ?? {} });
    const compositionId = ids.compositionId();
    const { runId, actor, runDir = null } = options;
    const composition: StoredComposition = {
      compositionId,
      document: document as JsonObject,
      inputs,
      instanceIds: [...new Set(callsOf(plan).map(({ instanceId }) => instanceId))],
      runId,
      actor,
      runDir,
      status: "running",
      cancelRequested: false,
      submittedAt: clock.now(),
      endedAt: null,
    };
    // Known before it is stored, so that whoever closes the queue meanwhile waits for it, cancels it, or leaves it.
    const runner = this.#runner({ compositionId, plan, inputs, runId, actor, runDir });
    try {
      await store.submit({ jobs: [], compositions: [composition] });
    } catch (error) {
      this.#registry.remove(runner);
      this.#engine.noteProgress();
      throw error;
    }
    options.signal?.addEventListener("abort", () => runner.cancel(), { once: true, signal: endOf(runner) });
    if (options.signal?.aborted === true) runner.cancel();
    else runner.begin();
    return new CompositionHandle(runner, { clock, events: () => subscribe({ compositionId }, runner) });
  }

  /** Goes on with compositions of hosts that are gone. @returns ids of those that could be. @throws CjmError CJM_STORE_FAILED */
  async resumeAll(compositions: readonly StoredComposition[]): Promise<readonly string[]> {
    const resumed: string[] = [];
    for (const stored of compositions) {
      try {
        await this.#resumeStored(stored);
        resumed.push(stored.compositionId);
      } catch (error) {
        // One that this version cannot read keeps nobody else from going on, and waits for one that can.
        if (!isCjmError(error, "CJM_COMPOSITION_INVALID")) throw error;
        this.#options.onInternalError(error);
      }
    }
    return resumed;
  }

  /** What ended keeps its end, the rest is done. */
  async #resumeStored(stored: StoredComposition): Promise<void> {
    const { compositionId, document, inputs, runId, actor, runDir } = stored;
    if (this.#registry.find(compositionId) !== undefined) return;
    const plan = planComposition(validateComposition(document));
    const members = await this.#options.store.members(compositionId);
    const { history } = this.#options;
    const ended = members.map(({ job }) => job);
    if (history !== null) journalLostEnds(compositionId, ended, { history, publisher: this.#engine.publisher });
    const { submittedAt: startedAt, cancelRequested } = stored;
    this.#runner({ compositionId, plan, inputs, runId, actor, runDir }, { members, startedAt, cancelRequested }).begin();
  }

  #runner(run: CompositionRun, earlier?: EarlierWork): CompositionRunner {
    const { journal, clock, limits, store } = this.#options;
    const { compositionId } = run;
    const engine = this.#engine;
    const runner: CompositionRunner = new CompositionRunner(run, {
      members: {
        submit: (request, membership) => engine.submitMember(request, membership),
        adopt: (member) => engine.adopt(member).jobId,
        cancel: (jobId, running) => engine.cancelMember(jobId, running),
      },
      publisher: engine.publisher,
      journal,
      clock,
      window: Math.max(MIN_WINDOW, limits.lanes * 2),
      onCancelled: () => engine.inBackground(store.updateComposition(compositionId, { cancelRequested: true })),
      onOver: (status) => {
        engine.inBackground(store.updateComposition(compositionId, { status }));
        this.#registry.retire(runner);
        engine.noteProgress();
      },
      ...(earlier === undefined ? {} : { earlier }),
    });
    this.#registry.add(runner);
    return runner;
  }

  handle(compositionId: string, subscribe: Subscribe): CompositionHandle | null {
    const runner = this.#registry.find(compositionId);
    return runner === undefined
      ? null
      : new CompositionHandle(runner, { clock: this.#options.clock, events: () => subscribe({ compositionId }, runner) });
  }

  find(compositionId: string): CompositionRunner | undefined {
    return this.#registry.find(compositionId);
  }

  /** How a composition stands, here or in the store; null when neither knows it. */
  async recall(compositionId: string): Promise<CompositionOutcome | null> {
    const runner = this.#registry.find(compositionId);
    if (runner !== undefined) return runner.outcome();
    const { store } = this.#options;
    const stored = await store.findComposition(compositionId);
    return stored === null ? null : storedOutcome(stored, await store.members(compositionId));
  }

  async wait(compositionId: string, options: WaitOptions): Promise<CompositionOutcome> {
    const runner = this.#registry.get(compositionId);
    await waitFor(runner.ended, `Composition ${compositionId}`, this.#options.clock, options);
    return runner.outcome();
  }

  cancelAll(): void {
    for (const runner of this.#registry.active()) runner.cancel();
  }

  /** Lets the next host go on with what is not over. */
  leaveAll(): void {
    for (const runner of this.#registry.active()) runner.leave();
  }

  /** Goes on with what a failed journal had stopped. */
  resume(): void {
    for (const runner of this.#registry.active()) runner.advance();
  }

  #checkInstances(plan: CompositionPlan): void {
    const faults: CompositionFault[] = [];
    for (const node of callsOf(plan)) {
      const instance = this.#options.runtime.describe(node.instanceId);
      if (instance === null) faults.push(this.#notLoaded(node));
      else if (!instance.enabled) throw instanceDisabled(node.instanceId);
    }
    if (faults.length > 0) throw compositionInvalid(`The composition '${plan.composition.name}'`, faults);
  }

  #notLoaded({ id, instanceId }: CallNode): CompositionFault {
    const error = this.#options.runtime.notLoaded(instanceId);
    const hint = isCjmError(error) && error.hint !== null ? ` ${error.hint}` : "";
    return { field: ["nodes", id, "capability"], message: `${errorMessage(error)}${hint}` };
  }
}

/** Jobs of a fan-out in the queue at a time: enough to keep every lane busy, few enough to let others have their turn. */
const MIN_WINDOW = 64;

/** Aborts when the composition is over, so that the caller's signal lets go of it. */
function endOf(runner: CompositionRunner): AbortSignal {
  const over = new AbortController();
  void runner.ended.catch(() => {}).then(() => over.abort());
  return over.signal;
}
