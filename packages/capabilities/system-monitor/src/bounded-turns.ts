/** Runs operations one after the other, and lets nobody wait longer than the limit. What was late goes on; nothing new starts beside it. */
export class BoundedTurns {
  readonly #limitMs: number;
  #last: Promise<unknown> = Promise.resolve();
  #overdue = 0;

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** `late` after the limit, and at once while an earlier operation is overdue. @throws what the operation throws */
  async run<Value>(operation: () => Promise<Value>): Promise<{ readonly value: Value } | "late"> {
    if (this.#overdue > 0) return "late";
    const running = this.#last.then(operation);
    const ended = running.then(
      () => {},
      () => {},
    );
    this.#last = ended;
    const limit = Promise.withResolvers<"late">();
    const timer = setTimeout(() => {
      this.#overdue += 1;
      void ended.then(() => {
        this.#overdue -= 1;
      });
      limit.resolve("late");
    }, this.#limitMs);
    try {
      return await Promise.race([running.then((value) => ({ value })), limit.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
