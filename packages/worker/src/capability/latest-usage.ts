import type { FromThread } from "../thread/thread-messages.ts";

/** Says what the call that began last has reported, and as little as possible when none reports. */
export class LatestUsage {
  readonly #post: (message: FromThread) => void;
  #latest: number | null = null;
  #isTold = false;

  constructor(post: (message: FromThread) => void) {
    this.#post = post;
  }

  /** Nobody must read what an earlier call reported as this one's. */
  begin(id: number): void {
    this.#latest = id;
    if (this.#isTold) this.#post({ type: "usage", id, usage: null });
    this.#isTold = false;
  }

  /** A call that reports late must not overwrite what belongs to a newer one. */
  report(message: Extract<FromThread, { type: "usage" }>): void {
    if (message.id !== this.#latest) return;
    this.#isTold = true;
    this.#post(message);
  }
}
