import type { Clock, CompositionPlan } from "@cjm/core";
import type { EventStream } from "../events/event-stream.ts";
import { type WaitOptions, waitFor } from "../internal/wait-for.ts";
import type { CompositionOutcome } from "./composition-outcome.ts";
import type { CompositionRunner } from "./composition-runner.ts";

interface HandleParts {
  readonly clock: Clock;
  readonly events: () => EventStream;
}

/** A composition that was accepted. It keeps the results until it is let go. */
export class CompositionHandle {
  readonly compositionId: string;
  readonly #runner: CompositionRunner;
  readonly #parts: HandleParts;

  constructor(runner: CompositionRunner, parts: HandleParts) {
    this.compositionId = runner.run.compositionId;
    this.#runner = runner;
    this.#parts = parts;
  }

  get runId(): string | null {
    return this.#runner.run.runId;
  }

  /** What it does; with its outcome what `toMermaid`, `toDot` and `criticalPath` take. */
  get plan(): CompositionPlan {
    return this.#runner.run.plan;
  }

  /** How it stands now. */
  outcome(): CompositionOutcome {
    return this.#runner.outcome();
  }

  /** How it ended, whatever that is. @throws CjmError CJM_DEADLINE_EXCEEDED, or the signal's reason; the composition goes on */
  async wait(options: WaitOptions = {}): Promise<CompositionOutcome> {
    await waitFor(this.#runner.ended, `Composition ${this.compositionId}`, this.#parts.clock, options);
    return this.#runner.outcome();
  }

  /** Cancels what runs and what waits. @returns false when it is over, or was cancelled before */
  cancel(): boolean {
    return this.#runner.cancel();
  }

  /** Events of the composition and its jobs from now to its end. */
  events(): EventStream {
    return this.#parts.events();
  }
}
