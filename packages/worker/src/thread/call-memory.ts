const CANCELLED = 0;
const SEQUENCE = 1;
const MESSAGE_BYTES = 2;
const PROGRESS_OFFSET = 16;
const MESSAGE_OFFSET = 24;
const MESSAGE_LIMIT = 1000;
const TOTAL_BYTES = MESSAGE_OFFSET + MESSAGE_LIMIT;
/** A writer that is put to sleep in the middle of a write must not hold up the reader, who then answers with what it read before. */
const READ_ATTEMPTS = 100;

export interface ProgressReading {
  readonly progress: number;
  readonly message: string;
}

/**
 * What the server thread and the capability's thread share of one call, so that both see it at once also while the
 * capability computes without yielding: whether the call is cancelled, and how far it is. Layout: int32 cancelled, int32
 * sequence, int32 message length, padding, float64 progress, UTF-8 message. One writer of progress; the sequence is odd
 * while it writes (a seqlock).
 */
export class CallMemory {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #progress: Float64Array;
  readonly #message: Uint8Array;
  #lastRead: ProgressReading = { progress: 0, message: "" };
  #lastWritten = "";

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(TOTAL_BYTES)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, 3);
    this.#progress = new Float64Array(buffer, PROGRESS_OFFSET, 1);
    this.#message = new Uint8Array(buffer, MESSAGE_OFFSET, MESSAGE_LIMIT);
  }

  get cancelled(): boolean {
    return Atomics.load(this.#words, CANCELLED) === 1;
  }

  cancel(): void {
    Atomics.store(this.#words, CANCELLED, 1);
  }

  /** A message longer than 1000 bytes is cut. */
  writeProgress(progress: number, message: string): void {
    Atomics.add(this.#words, SEQUENCE, 1);
    this.#progress[0] = progress;
    if (message !== this.#lastWritten) {
      const scratch = new Uint8Array(MESSAGE_LIMIT);
      const { written } = new TextEncoder().encodeInto(message, scratch);
      this.#message.set(scratch.subarray(0, written));
      this.#words[MESSAGE_BYTES] = written;
      this.#lastWritten = message;
    }
    Atomics.add(this.#words, SEQUENCE, 1);
  }

  readProgress(): ProgressReading {
    for (let attempt = 0; attempt < READ_ATTEMPTS; attempt += 1) {
      const before = Atomics.load(this.#words, SEQUENCE);
      if (before % 2 !== 0) continue;
      const progress = this.#progress[0] ?? 0;
      // A copy that is not shared: a decoder takes no memory that may change under it.
      const bytes = new Uint8Array(this.#message.subarray(0, this.#words[MESSAGE_BYTES] ?? 0));
      if (Atomics.load(this.#words, SEQUENCE) !== before) continue;
      this.#lastRead = { progress, message: new TextDecoder().decode(bytes) };
      break;
    }
    return this.#lastRead;
  }
}
