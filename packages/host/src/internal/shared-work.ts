import { abortable } from "./abortable.ts";

/** Work that several wait for. One who gives up leaves the others alone; when the last one has, the work is given up too. */
export class SharedWork<T> {
  readonly #result: Promise<T>;
  readonly #abort = new AbortController();
  #waiting = 0;

  constructor(work: (signal: AbortSignal) => Promise<T>) {
    this.#result = work(this.#abort.signal);
    // Each who waits sees the failure; once nobody waits it is nobody's.
    this.#result.catch(() => {});
  }

  /** It was given up and is about to end. */
  get abandoned(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Resolves when it has ended, however. */
  get settled(): Promise<void> {
    return this.#result.then(
      () => {},
      () => {},
    );
  }

  /** Its result. Whoever gives up last comes back when the work has ended. @throws the signal's reason */
  async join(signal?: AbortSignal): Promise<T> {
    this.#waiting += 1;
    try {
      return await abortable(this.#result, signal);
    } catch (error) {
      if (signal?.aborted === true && this.#waiting === 1) {
        this.abandon(signal.reason);
        await this.settled;
      }
      throw error;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Ends it for everybody; they get the reason. */
  abandon(reason: unknown): void {
    this.#abort.abort(reason);
  }
}
