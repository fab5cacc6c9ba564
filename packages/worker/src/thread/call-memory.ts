const CANCELLED = 0;
const SEQUENCE = 1;
const MESSAGE_BYTES = 2;
const BEGUN = 3;
const HEADER_WORDS = 4;
/** In the view of floats: behind the words. */
const PROGRESS = 2;
const ORDER = 3;
const MESSAGE_OFFSET = 32;
const MESSAGE_LIMIT = 1000;
/** What one call takes: the header and the longest message, padded so that calls can lie side by side. */
export const CALL_MEMORY_BYTES = MESSAGE_OFFSET + MESSAGE_LIMIT;
/** A writer that is put to sleep in the middle of a write must not hold up the reader, who then answers with what it read before. */
const READ_ATTEMPTS = 100;

export interface ProgressReading {
  readonly progress: number;
  readonly message: string;
}

export const NO_PROGRESS: ProgressReading = { progress: 0, message: "" };

/** Of a whole buffer, in which many calls may lie. */
export interface CallMemoryViews {
  readonly words: Int32Array;
  readonly floats: Float64Array;
}

export function callMemoryViews(buffer: SharedArrayBuffer): CallMemoryViews {
  return { words: new Int32Array(buffer), floats: new Float64Array(buffer) };
}

/**
 * What the server thread and the capability's thread share of one call, so that both see it at once also while the
 * capability computes without yielding: whether the call is cancelled, whether and as which one it has begun, and how far it
 * is. Layout: int32 cancelled, int32 sequence, int32 message length, int32 begun, float64 progress, float64 order, UTF-8
 * message. One writer of progress; the sequence is odd while it writes (a seqlock).
 */
export class CallMemory {
  readonly buffer: SharedArrayBuffer;
  readonly #offset: number;
  readonly #views: CallMemoryViews;
  /** Where its words begin in the view of all words. */
  readonly #at: number;
  #lastRead = NO_PROGRESS;
  #lastWritten = "";

  /** At so many bytes into the buffer, whose views are made once for all calls in it. */
  constructor(
    buffer: SharedArrayBuffer = new SharedArrayBuffer(CALL_MEMORY_BYTES),
    offset = 0,
    views: CallMemoryViews = callMemoryViews(buffer),
  ) {
    this.buffer = buffer;
    this.#offset = offset;
    this.#views = views;
    this.#at = offset / Int32Array.BYTES_PER_ELEMENT;
  }

  /** Forgets the call that was here before. Nobody may write for that one any more. */
  clear(): void {
    this.#views.words.fill(0, this.#at, this.#at + HEADER_WORDS);
  }

  get cancelled(): boolean {
    return Atomics.load(this.#views.words, this.#at + CANCELLED) === 1;
  }

  cancel(): void {
    Atomics.store(this.#views.words, this.#at + CANCELLED, 1);
  }

  /**
   * Says that the call begins, as the how manieth of its thread. Whoever cancels looks at this after setting the flag, and
   * whoever begins looks at the flag after this: one of them always sees the other.
   */
  begin(order: number): void {
    this.#views.floats[this.#at / 2 + ORDER] = order;
    Atomics.store(this.#views.words, this.#at + BEGUN, 1);
  }

  /** As the how manieth the call has begun, from 1; 0 while it has not. */
  get order(): number {
    return Atomics.load(this.#views.words, this.#at + BEGUN) === 0 ? 0 : (this.#views.floats[this.#at / 2 + ORDER] ?? 0);
  }

  /** A message longer than 1000 bytes is cut. */
  writeProgress(progress: number, message: string): void {
    Atomics.add(this.#views.words, this.#at + SEQUENCE, 1);
    this.#views.floats[this.#at / 2 + PROGRESS] = progress;
    if (message !== this.#lastWritten) {
      const scratch = new Uint8Array(MESSAGE_LIMIT);
      const { written } = new TextEncoder().encodeInto(message, scratch);
      this.#message(written).set(scratch.subarray(0, written));
      this.#views.words[this.#at + MESSAGE_BYTES] = written;
      this.#lastWritten = message;
    }
    Atomics.add(this.#views.words, this.#at + SEQUENCE, 1);
  }

  readProgress(): ProgressReading {
    for (let attempt = 0; attempt < READ_ATTEMPTS; attempt += 1) {
      const before = Atomics.load(this.#views.words, this.#at + SEQUENCE);
      if (before === 0) return this.#lastRead;
      if (before % 2 !== 0) continue;
      const progress = this.#views.floats[this.#at / 2 + PROGRESS] ?? 0;
      // A copy that is not shared: a decoder takes no memory that may change under it.
      const bytes = new Uint8Array(this.#message(this.#views.words[this.#at + MESSAGE_BYTES] ?? 0));
      if (Atomics.load(this.#views.words, this.#at + SEQUENCE) !== before) continue;
      this.#lastRead = { progress, message: new TextDecoder().decode(bytes) };
      break;
    }
    return this.#lastRead;
  }

  #message(bytes: number): Uint8Array {
    return new Uint8Array(this.buffer, this.#offset + MESSAGE_OFFSET, bytes);
  }
}
