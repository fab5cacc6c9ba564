const MOST_TURNS = 20_000;

/**
 * Stands in for the turns of the event loop, which cost more than everything a queue does in them: what asks for the next turn
 * gets it as soon as nothing of this one is left to do.
 */
export class SimulatedTurns implements Disposable {
  readonly #real = globalThis.setImmediate;
  readonly #next: (() => void)[] = [];

  constructor() {
    const later = (fn: () => void): void => void this.#next.push(fn);
    Object.assign(globalThis, { setImmediate: later });
  }

  /** Resolves when nothing happens any more before time moves. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      // Comes after every microtask, also those that microtasks add.
      await new Promise<void>((resolve) => process.nextTick(resolve));
      const next = this.#next.shift();
      if (next === undefined) return;
      next();
    }
    throw new Error("Something happens again and again, and time stands still.");
  }

  [Symbol.dispose](): void {
    Object.assign(globalThis, { setImmediate: this.#real });
  }
}
