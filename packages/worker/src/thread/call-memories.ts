import { CALL_MEMORY_BYTES, CallMemory, type CallMemoryViews, callMemoryViews } from "./call-memory.ts";

/** So many calls find room at once; what goes beyond gets memory of its own. */
const PLACES = 64;

/** Where a call's memory is: its place in the memory that both threads have from the start, or a buffer of its own. */
export type MemoryPlace = number | SharedArrayBuffer;

export interface PlacedMemory {
  readonly place: MemoryPlace;
  readonly memory: CallMemory;
}

/**
 * The memories of calls that run at the same time, in one buffer that is used again and again: making one for each call, and
 * sending it, costs more than a small call itself. A place is given back only when the capability's thread has said that the
 * call there ended, after which it neither writes nor asks there; so nothing late can show up in the next call.
 */
export class CallMemories {
  readonly buffer: SharedArrayBuffer;
  readonly #views: CallMemoryViews;
  readonly #free: number[] = [];

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(PLACES * CALL_MEMORY_BYTES)) {
    this.buffer = buffer;
    this.#views = callMemoryViews(buffer);
    for (let place = PLACES - 1; place >= 0; place -= 1) this.#free.push(place);
  }

  /** Cleared memory for a new call. */
  take(): PlacedMemory {
    const place = this.#free.pop();
    if (place === undefined) {
      const memory = new CallMemory();
      return { place: memory.buffer, memory };
    }
    const memory = this.at(place);
    memory.clear();
    return { place, memory };
  }

  giveBack(place: MemoryPlace): void {
    if (typeof place === "number") this.#free.push(place);
  }

  /** The memory of a call that the other thread has placed. */
  at(place: MemoryPlace): CallMemory {
    return typeof place === "number" ? new CallMemory(this.buffer, place * CALL_MEMORY_BYTES, this.#views) : new CallMemory(place);
  }
}
