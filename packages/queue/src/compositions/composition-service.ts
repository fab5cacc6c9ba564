import {
  type CompositionFault,
  type CompositionNode,
  type CompositionPlan,
  compositionInvalid,
  errorMessage,
  isCjmError,
  type JsonObject,
  planComposition,
  resolveInputs,
  validateComposition,
} from "@cjm/core";
import { instanceDisabled } from "../dispatch/head-facts.ts";
import type { EventStream } from "../events/event-stream.ts";
import type { EventFilter } from "../events/queue-event.ts";
import { type WaitOptions, waitFor } from "../internal/wait-for.ts";
import type { JobEngine } from "../job-engine.ts";
import type { ResolvedQueueOptions } from "../queue-options.ts";
import { CompositionHandle } from "./composition-handle.ts";
import type { CompositionOutcome } from "./composition-outcome.ts";
import { CompositionRegistry } from "./composition-registry.ts";
import { CompositionRunner } from "./composition-runner.ts";

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

  submit(
    document: unknown,
    options: SubmitCompositionOptions & { readonly runId: string | null; readonly actor: string | null },
    events: (filter: EventFilter) => EventStream,
  ): CompositionHandle {
    options.signal?.throwIfAborted();
    this.#engine.assertAccepting();
    const { ids, journal, clock, limits } = this.#options;
    const plan = planComposition(validateComposition(document));
    this.#checkInstances(plan);
    const inputs = resolveInputs(plan.composition, { values: options.inputs ?? {} });
    const compositionId = ids.compositionId();
    const runner = new CompositionRunner(
      { compositionId, plan, inputs, runId: options.runId, actor: options.actor, runDir: options.runDir ?? null },
      {
        members: {
          submit: (request, membership) => this.#engine.submitMember(request, membership),
          cancel: (jobId, running) => this.#engine.cancelMember(jobId, running),
        },
        publisher: this.#engine.publisher,
        journal,
        clock,
        window: Math.max(MIN_WINDOW, limits.lanes * 2),
        onOver: () => {
          this.#registry.retire(runner);
          this.#engine.noteProgress();
        },
      },
    );
    this.#registry.add(runner);
    options.signal?.addEventListener("abort", () => runner.cancel(), { once: true, signal: endOf(runner) });
    runner.begin();
    return new CompositionHandle(runner, { clock, events: () => events({ compositionId }) });
  }

  find(compositionId: string): CompositionRunner | undefined {
    return this.#registry.find(compositionId);
  }

  async wait(compositionId: string, options: WaitOptions): Promise<CompositionOutcome> {
    const runner = this.#registry.get(compositionId);
    await waitFor(runner.ended, `Composition ${compositionId}`, this.#options.clock, options);
    return runner.outcome();
  }

  cancelAll(): void {
    for (const runner of this.#registry.active()) runner.cancel();
  }

  /** Goes on with what a failed journal had stopped. */
  resume(): void {
    for (const runner of this.#registry.active()) runner.advance();
  }

  #checkInstances({ composition, nodes }: CompositionPlan): void {
    const faults: CompositionFault[] = [];
    for (const { node } of nodes) {
      const instance = this.#options.runtime.describe(node.instanceId);
      if (instance === null) faults.push(this.#notLoaded(node));
      else if (!instance.enabled) throw instanceDisabled(node.instanceId);
    }
    if (faults.length > 0) throw compositionInvalid(`The composition '${composition.name}'`, faults);
  }

  #notLoaded({ id, instanceId }: CompositionNode): CompositionFault {
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
  void runner.ended.then(() => over.abort());
  return over.signal;
}
