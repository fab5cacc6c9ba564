/** Background work that somebody owns: what is added here is awaited by `drained()`, and its errors are reported. */
export class TaskGroup {
  readonly #tasks = new Set<Promise<void>>();
  readonly #report: (error: unknown) => void;

  constructor(report: (error: unknown) => void) {
    this.#report = report;
  }

  add(work: Promise<unknown>): void {
    const task = work.then(
      () => {
        this.#tasks.delete(task);
      },
      (error: unknown) => {
        this.#tasks.delete(task);
        this.#report(error);
      },
    );
    this.#tasks.add(task);
  }

  /** Resolves when nothing is under way, also nothing that was added meanwhile. */
  async drained(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }
}
