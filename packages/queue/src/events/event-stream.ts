import type { QueueEvent } from "./queue-event.ts";

/**
 * Events of one subscriber, from the moment of subscribing. The publisher never waits: when the buffer is full, new events
 * are dropped and counted, and a `gap` event stands where they were. Stop reading with `break` or `close()`.
 */
export class EventStream implements AsyncIterableIterator<QueueEvent, void, undefined> {
  readonly #capacity: number;
  readonly #onClose: () => void;
  #buffer: QueueEvent[] = [];
  #dropped = 0;
  #gap: { dropped: number; readonly at: QueueEvent } | null = null;
  #lastSeq: number | null = null;
  #ended = false;
  #waiting: PromiseWithResolvers<void> | null = null;

  constructor(capacity: number, onClose: () => void) {
    this.#capacity = capacity;
    this.#onClose = onClose;
  }

  /** Events lost because this subscriber was slow. */
  get dropped(): number {
    return this.#dropped;
  }

  push(event: QueueEvent): void {
    if (this.#ended) return;
    if (this.#buffer.length >= this.#capacity) {
      this.#dropped += 1;
      this.#gap ??= { dropped: 0, at: event };
      this.#gap.dropped += 1;
      return;
    }
    this.#flushGap();
    this.#buffer.push(event);
    this.#wake();
  }

  /** What is buffered can still be read; nothing is added. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  close(): void {
    this.#buffer = [];
    this.#gap = null;
    this.end();
    this.#onClose();
  }

  async next(): Promise<IteratorResult<QueueEvent, void>> {
    for (;;) {
      if (this.#buffer.length === 0) this.#flushGap();
      const event = this.#buffer.shift();
      if (event !== undefined) {
        this.#lastSeq = event.seq ?? this.#lastSeq;
        return { done: false, value: event };
      }
      if (this.#ended) return { done: true, value: undefined };
      this.#waiting ??= Promise.withResolvers();
      await this.#waiting.promise;
    }
  }

  async return(): Promise<IteratorResult<QueueEvent, void>> {
    this.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  #flushGap(): void {
    if (this.#gap === null) return;
    const { at, dropped } = this.#gap;
    const afterSeq = this.#buffer.findLast((event) => event.seq !== null)?.seq ?? this.#lastSeq;
    this.#gap = null;
    this.#buffer.push({ ...at, eventType: "gap", seq: null, payload: { dropped, after_seq: afterSeq } });
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = null;
  }
}
