import { CjmError } from "@cjm/core";
import type { CompositionRunner } from "./composition-runner.ts";

/** Compositions by id: all that run, and the last of those that ended. A handle keeps its own for longer. */
export class CompositionRegistry {
  readonly #runners = new Map<string, CompositionRunner>();
  readonly #ended: string[] = [];
  readonly #maxEnded: number;

  constructor(maxEnded: number) {
    this.#maxEnded = maxEnded;
  }

  add(runner: CompositionRunner): void {
    this.#runners.set(runner.run.compositionId, runner);
  }

  /** Takes back one that was never accepted. */
  remove(runner: CompositionRunner): void {
    if (!runner.isOver) this.#runners.delete(runner.run.compositionId);
  }

  retire(runner: CompositionRunner): void {
    this.#ended.push(runner.run.compositionId);
    while (this.#ended.length > this.#maxEnded) this.#runners.delete(this.#ended.shift() ?? "");
  }

  find(compositionId: string): CompositionRunner | undefined {
    return this.#runners.get(compositionId);
  }

  /** @throws CjmError CJM_JOB_NOT_FOUND */
  get(compositionId: string): CompositionRunner {
    const runner = this.#runners.get(compositionId);
    if (runner !== undefined) return runner;
    throw new CjmError("CJM_JOB_NOT_FOUND", `No composition of id ${compositionId} is known.`, {
      hint: "Only compositions of this process are, and of those that ended the last ones; the journal has them all.",
      details: { compositionId },
    });
  }

  all(): CompositionRunner[] {
    return [...this.#runners.values()];
  }

  active(): CompositionRunner[] {
    return this.all().filter((runner) => !runner.isOver);
  }
}
