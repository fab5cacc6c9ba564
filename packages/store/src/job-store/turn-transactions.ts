import { busyPauseMs, isBusy } from "../busy.ts";
import type { DatabaseFile } from "../database-file.ts";

interface Waiting {
  readonly run: (hostId: number) => unknown;
  value: unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface TurnParts {
  readonly file: DatabaseFile;
  /** How long the file may be held by others before a turn fails. */
  readonly busyTimeoutMs: number;
  /** First in every transaction: the id under which its writes are made. */
  readonly begin: () => number;
  /** After every transaction, before those who waited for it go on. */
  readonly committed: (hostId: number) => void;
}

/**
 * The only way to write into the job store. Writes of one turn of the event loop go into one transaction at its end, in order;
 * their promises settle after the commit. When it fails all of them fail, and nothing was written. While another process holds
 * the file the turn waits, and with it what comes after, but the event loop goes on.
 */
export class TurnTransactions {
  readonly #parts: TurnParts;
  #waiting: Waiting[] = [];
  #isScheduled = false;
  #attempts = 0;
  #busySinceMs = 0;

  constructor(parts: TurnParts) {
    this.#parts = parts;
  }

  /** The value of `run` once it is on disk. It may be run again after a transaction that could not begin. @throws CjmError CJM_STORE_FAILED */
  add<T>(run: (hostId: number) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ run, value: undefined, resolve: resolve as (value: unknown) => void, reject });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      setImmediate(this.#flush);
    });
  }

  readonly #flush = (): void => {
    const { file, begin, committed } = this.#parts;
    const turn = this.#waiting;
    this.#waiting = [];
    let hostId: number;
    try {
      hostId = file.write(() => {
        const id = begin();
        for (const waiting of turn) waiting.value = waiting.run(id);
        return id;
      });
    } catch (error) {
      if (isBusy(error) && this.#mayTryAgain()) {
        this.#waiting = turn.concat(this.#waiting);
        setTimeout(this.#flush, busyPauseMs(this.#attempts));
        return;
      }
      this.#endTurn();
      for (const { reject } of turn) reject(error);
      return;
    }
    this.#endTurn();
    for (const { resolve, value } of turn) resolve(value);
    committed(hostId);
  };

  #mayTryAgain(): boolean {
    const nowMs = performance.now();
    if (this.#attempts === 0) this.#busySinceMs = nowMs;
    this.#attempts += 1;
    return nowMs - this.#busySinceMs < this.#parts.busyTimeoutMs;
  }

  #endTurn(): void {
    this.#attempts = 0;
    this.#isScheduled = this.#waiting.length > 0;
    if (this.#isScheduled) setImmediate(this.#flush);
  }
}
