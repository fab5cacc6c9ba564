import type { DatabaseFile } from "./database-file.ts";

/** Pages of the log after which a commit copies it into the file whatever happens: SQLite's 1000 strike in the middle of work. */
const MOST_PAGES = 8000;
const QUIET_MS = 2000;

/** Copies the log of a file into it when nobody has written for a while, so that commits under load need not. */
export class QuietCheckpoint implements Disposable {
  readonly #file: DatabaseFile;
  #timer: NodeJS.Timeout | null = null;
  #isBusy = false;

  constructor(file: DatabaseFile) {
    this.#file = file;
    file.read(() => file.prepare(`PRAGMA wal_autocheckpoint = ${MOST_PAGES}`).get());
  }

  /** Something was written. */
  touched(): void {
    this.#isBusy = true;
    this.#timer ??= setInterval(() => this.#look(), QUIET_MS).unref();
  }

  [Symbol.dispose](): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    if (this.#isBusy) {
      this.#isBusy = false;
      return;
    }
    this[Symbol.dispose]();
    try {
      this.#file.read(() => this.#file.prepare("PRAGMA wal_checkpoint(PASSIVE)").get());
    } catch {
      // A commit under load copies it then.
    }
  }
}
