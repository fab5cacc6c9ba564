import { CjmError, errorMessage } from "../errors/cjm-error.ts";
import type { JournalEvent, JournalStore, StoredJournalEvent } from "./journal-event.ts";

type CommitListener = (events: readonly StoredJournalEvent[]) => void;

/**
 * The only way into the journal. Emitting an event is writing its row: rows of one turn of the event loop go into one
 * transaction at its end, and subscribers see them after the commit, in order.
 *
 * When an append fails the writer is `failed`: nothing is dropped (the rows stay buffered), what runs may finish, and
 * whoever accepts new work must ask `assertWritable()` first. `reset()` tries the buffered rows again.
 */
export class JournalWriter {
  readonly #store: JournalStore;
  readonly #listeners = new Set<CommitListener>();
  #pending: JournalEvent[] = [];
  #turn: Promise<void> | null = null;
  #waiting: (() => void)[] = [];
  #failure: CjmError | null = null;

  constructor(store: JournalStore) {
    this.#store = store;
  }

  get failure(): CjmError | null {
    return this.#failure;
  }

  /** Adds a row to this turn's transaction. Never throws; ask `failure` or await `flushed()`. */
  emit(event: JournalEvent): void {
    this.#pending.push(event);
    this.#turn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = null;
        this.#write();
        resolve();
      });
    });
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
    this.#write();
    this.assertWritable();
  }

  /** @throws CjmError CJM_JOURNAL_FAILED while the journal is failed. */
  assertWritable(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  /** Tries the rows that could not be written once more. @throws CjmError CJM_JOURNAL_FAILED when they still cannot be. */
  reset(): void {
    this.#failure = null;
    this.flushNow();
  }

  /** Calls `listener` with the rows of each commit; the returned function ends that. */
  onCommit(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #write(): void {
    if (this.#failure !== null || this.#pending.length === 0) return;
    const rows = this.#pending;
    let seqs: readonly number[];
    try {
      seqs = this.#store.append(rows);
    } catch (error) {
      this.#failure = new CjmError(
        "CJM_JOURNAL_FAILED",
        `WEDGED: the journal could not be written (${errorMessage(error)}); no new work is accepted.`,
        {
          hint: "Make room or repair the disk, then reset the queue; what could not be written is kept until then.",
          cause: error,
        },
      );
      return;
    }
    this.#pending = [];
    for (const resolve of this.#waiting.splice(0)) resolve();
    if (this.#listeners.size === 0) return;
    const stored = rows.map((row, index) => ({ ...row, seq: seqs[index] ?? 0 }));
    for (const listener of this.#listeners) listener(stored);
  }
}
