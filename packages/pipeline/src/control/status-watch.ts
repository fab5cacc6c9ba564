import type { StatusReport } from "./control-messages.ts";
import type { HostSource } from "./host-source.ts";

/** Nobody reads faster than that. */
const AT_MOST_EVERY_MS = 100;
const AT_LEAST_EVERY_MS = 1000;
/** Looking may take one part in so many of the host's time. */
const SHARE = 20;

type Listener = (status: StatusReport) => void;

/**
 * Shows the status of a host to all who watch, when something changed and each second. It looks once for all of them, and not
 * at all while nobody watches. What takes long to look at is looked at more rarely.
 */
export class StatusWatch implements Disposable {
  readonly #source: HostSource;
  readonly #listeners = new Set<Listener>();
  #stopListening: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  #dueMs = 0;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #pauseMs = AT_MOST_EVERY_MS;
  #looking = new AbortController();
  #isLooking = false;

  constructor(source: HostSource) {
    this.#source = source;
  }

  /** The returned function ends it. */
  watch(listener: Listener): () => void {
    this.#listeners.add(listener);
    this.#stopListening ??= this.#source.onChange(() => this.#lookWithin(0));
    this.#lookWithin(0);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this[Symbol.dispose]();
    };
  }

  [Symbol.dispose](): void {
    this.#listeners.clear();
    this.#stopListening?.();
    this.#stopListening = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#looking.abort();
    this.#looking = new AbortController();
  }

  #lookWithin(delayMs: number): void {
    if (this.#isLooking || this.#listeners.size === 0) return;
    const dueMs = Math.max(performance.now() + delayMs, this.#lookedMs + this.#pauseMs);
    if (this.#timer !== null) {
      if (this.#dueMs <= dueMs) return;
      clearTimeout(this.#timer);
    }
    this.#dueMs = dueMs;
    this.#timer = setTimeout(() => void this.#look(), Math.max(0, dueMs - performance.now())).unref();
  }

  async #look(): Promise<void> {
    this.#timer = null;
    this.#isLooking = true;
    const startedMs = performance.now();
    const status = await this.#source.status(this.#looking.signal).catch(() => null);
    this.#lookedMs = performance.now();
    this.#pauseMs = Math.max(AT_MOST_EVERY_MS, (this.#lookedMs - startedMs) * SHARE);
    this.#isLooking = false;
    if (status !== null) for (const listener of this.#listeners) listener(status);
    this.#lookWithin(AT_LEAST_EVERY_MS);
  }
}
