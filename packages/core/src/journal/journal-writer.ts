import { CjmError, errorMessage } from "../errors/cjm-error.ts";
import type { JournalEvent, JournalStore, StoredJournalEvent } from "./journal-event.ts";

type CommitListener = (events: readonly StoredJournalEvent[]) => void;

/** How long others may hold the store before it counts as failed. Source: the timeout of the original's connections. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 10;

/**
 * The only way into the journal. Emitting an event is writing its row: rows of one turn of the event loop go into one
 * transaction at its end, and subscribers see them after the commit, in order.
 *
 * While another process holds the store the rows wait, but the event loop goes on. When an append fails the writer is
 * `failed`: nothing is dropped (the rows stay buffered), what runs may finish, and whoever accepts new work must ask
 * `assertWritable()` first. `reset()` tries the buffered rows again.
 */
export class JournalWriter {
  readonly #store: JournalStore;
  readonly #listeners = new Set<CommitListener>();
  readonly #failureListeners = new Set<() => void>();
  #pending: JournalEvent[] = [];
  #turn: Promise<void> | null = null;
  #waiting: (() => void)[] = [];
  #failure: CjmError | null = null;
  /** Monotonic time since which others hold the store. */
  #busySinceMs: number | null = null;

  constructor(store: JournalStore) {
    this.#store = store;
  }

  get failure(): CjmError | null {
    return this.#failure;
  }

  /** Adds a row to this turn's transaction. Never throws; ask `failure` or await `flushed()`. */
  emit(event: JournalEvent): void {
    this.#pending.push(event);
    this.#turn ??= this.#endOfTurn();
  }

  /** Resolves when every row emitted so far is on disk. @throws CjmError CJM_JOURNAL_FAILED */
  async flushed(): Promise<void> {
    await this.#turn;
    this.assertWritable();
  }

  /** Resolves when every row emitted so far is on disk, however long a failed journal keeps it from there. */
  written(): Promise<void> {
    return this.#pending.length === 0 ? Promise.resolve() : new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Writes what is buffered now instead of at the end of the turn. @throws CjmError CJM_JOURNAL_FAILED */
  flushNow(): void {
    if (!this.#write()) throw new CjmError("CJM_JOURNAL_FAILED", "Another process holds the journal.", { hint: "Try again." });
    this.assertWritable();
  }

  /** @throws CjmError CJM_JOURNAL_FAILED while the journal is failed. */
  assertWritable(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** Tries the rows that could not be written once more. @throws CjmError CJM_JOURNAL_FAILED when they still cannot be. */
  reset(): void {
    const failure = this.#failure;
    this.#failure = null;
    if (!this.#write()) this.#failure = failure;
    this.#busySinceMs = null;
    this.assertWritable();
  }

  /** Calls `listener` with the rows of each commit; the returned function ends that. */
  onCommit(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Calls `listener` whenever an append failed for good; the returned function ends that. */
  onFailure(listener: () => void): () => void {
    this.#failureListeners.add(listener);
    return () => this.#failureListeners.delete(listener);
  }

  /** Resolves when what was emitted until then is written, or cannot be. */
  #endOfTurn(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const attempt = (): void => {
      // Listeners may emit, which is for the next turn.
      this.#turn = null;
      if (this.#write()) {
        resolve();
        return;
      }
      this.#turn = promise;
      setTimeout(attempt, RETRY_MS);
    };
    setImmediate(attempt);
    return promise;
  }

  /** @returns false when others hold the store, and it is worth trying again */
  #write(): boolean {
    if (this.#failure !== null || this.#pending.length === 0) return true;
    const rows = this.#pending;
    let seqs: readonly number[];
    try {
      seqs = this.#store.append(rows);
    } catch (error) {
      if (this.#mayTryAgain(error)) return false;
      this.#busySinceMs = null;
      this.#failure = new CjmError(
        "CJM_JOURNAL_FAILED",
        `WEDGED: the journal could not be written (${errorMessage(error)}); no new work is accepted.`,
        {
          hint: "Make room or repair the disk, then reset the queue; what could not be written is kept until then.",
          cause: error,
        },
      );
      for (const listener of this.#failureListeners) listener();
      return true;
    }
    this.#busySinceMs = null;
    this.#pending = [];
    for (const resolve of this.#waiting.splice(0)) resolve();
    if (this.#listeners.size === 0) return true;
    const stored = rows.map((row, index) => ({ ...row, seq: seqs[index] ?? 0 }));
    for (const listener of this.#listeners) listener(stored);
    return true;
  }

  #mayTryAgain(error: unknown): boolean {
    if (this.#store.isBusy?.(error) !== true) return false;
    this.#busySinceMs ??= performance.now();
    return performance.now() - this.#busySinceMs < PATIENCE_MS;
  }
}
