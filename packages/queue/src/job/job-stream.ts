import type { JsonValue } from "@cjm/core";
import { onAbort } from "../internal/on-abort.ts";

/** Chunks that may wait for a reader before the capability is held up. */
const WINDOW = 16;

/**
 * The output of a job while it runs: whoever makes chunks waits until there is room, whoever reads waits until there is one.
 * Leaving it early cancels the job.
 */
export class JobStream implements AsyncIterableIterator<JsonValue, void, undefined> {
  readonly #onLeave: () => void;
  readonly #chunks: JsonValue[] = [];
  #end: { readonly error: unknown } | null = null;
  #left = false;
  #readable = Promise.withResolvers<void>();
  /** Whoever makes chunks waits here. */
  #room: PromiseWithResolvers<void> | null = null;

  /** @param onLeave the reader wants no more, and the job has not ended */
  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  /**
   * Resolves when there is room for the next one. Once the reader has left nothing is kept, but taken: what is held up cannot hear
   * that it is to stop, nor be seen to have done so. @throws the signal's reason
   */
  async push(chunk: JsonValue, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#left) {
      // Chunks that cost no time must not keep the event loop from whatever ends them.
      await new Promise<void>((resolve) => setImmediate(resolve));
      return;
    }
    this.#chunks.push(chunk);
    this.#readable.resolve();
    if (this.#chunks.length < WINDOW) return;
    this.#room = Promise.withResolvers();
    const { promise, reject } = this.#room;
    using _aborting = onAbort(signal, () => reject(signal.reason));
    await promise;
  }

  /** The job ended; what is buffered can still be read, then its error is thrown if it has one. */
  end(error: unknown): void {
    this.#end ??= { error };
    this.#readable.resolve();
  }

  async next(): Promise<IteratorResult<JsonValue, void>> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        if (this.#chunks.length < WINDOW) this.#room?.resolve();
        return { done: false, value: chunk };
      }
      if (this.#left) return { done: true, value: undefined };
      if (this.#end !== null) {
        const { error } = this.#end;
        this.#end = { error: null };
        if (error !== null) throw error;
        return { done: true, value: undefined };
      }
      this.#readable = Promise.withResolvers();
      await this.#readable.promise;
    }
  }

  async return(): Promise<IteratorResult<JsonValue, void>> {
    if (!this.#left && this.#end === null) this.#onLeave();
    this.#left = true;
    this.#chunks.length = 0;
    this.#readable.resolve();
    this.#room?.resolve();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
