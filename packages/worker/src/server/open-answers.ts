/** Counts answers that are still being written, so that the process does not end before they have left it. */
export class OpenAnswers {
  #open = 0;
  readonly #waiting: (() => void)[] = [];

  begin(): void {
    this.#open += 1;
  }

  end(): void {
    this.#open -= 1;
    if (this.#open === 0) for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves when none is open. */
  settled(): Promise<void> {
    if (this.#open === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    return promise;
  }
}
