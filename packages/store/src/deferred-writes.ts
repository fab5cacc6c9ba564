import { CjmError } from "@cjm/core";
import { isBusy } from "./busy.ts";
import type { DatabaseFile } from "./database-file.ts";

interface Deferred {
  readonly rows: number;
  readonly write: () => void;
}

const RETRY_MS = 200;
/** Beyond it the oldest are lost. */
const MOST_ROWS = 10_000;
/** What a close waits for whoever still holds the file. */
const LAST_WAIT_MS = 1_000;

/**
 * Writes that nobody waits for. They are made at once; while another process holds the file they are deferred, in order, and the
 * event loop goes on. The connection must have a busy timeout of zero.
 */
export class DeferredWrites implements Disposable {
  readonly #file: DatabaseFile;
  #deferred: Deferred[] = [];
  #rows = 0;
  #timer: NodeJS.Timeout | null = null;
  #loss: unknown = null;

  constructor(file: DatabaseFile) {
    this.#file = file;
  }

  /** @throws CjmError CJM_STORE_FAILED when these rows, or deferred ones since the last call, are lost */
  add(rows: number, write: () => void): void {
    this.#deferred.push({ rows, write });
    this.#rows += rows;
    if (this.#timer === null) this.#writeAll();
    else this.#dropOldest();
    const loss = this.#loss;
    this.#loss = null;
    if (loss !== null) throw loss;
  }

  /** Makes a last attempt, for which it waits a little. What cannot be written even then is lost. */
  [Symbol.dispose](): void {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#file.waitAtMost(LAST_WAIT_MS);
    this.#writeAll();
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #writeAll(): void {
    this.#timer = null;
    try {
      this.#file.write(() => {
        for (const { write } of this.#deferred) write();
      });
    } catch (error) {
      if (isBusy(error)) {
        this.#timer = setTimeout(() => this.#writeAll(), RETRY_MS).unref();
        return;
      }
      this.#loss = error;
    }
    this.#deferred = [];
    this.#rows = 0;
  }

  #dropOldest(): void {
    while (this.#rows > MOST_ROWS) {
      this.#rows -= this.#deferred.shift()?.rows ?? this.#rows;
      this.#loss ??= new CjmError("CJM_STORE_FAILED", `Another process holds ${this.#file.path} for so long that rows were lost.`, {
        hint: "Look for a program that has it open in a transaction, such as a database browser.",
        details: { path: this.#file.path },
      });
    }
  }
}
