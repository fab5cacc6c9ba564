import type { DatabaseFile } from "../database-file.ts";
import type { TurnTransactions } from "./turn-transactions.ts";

/**
 * Copies the log into the file while nobody writes, so that a commit under load has to do so less often. That takes some
 * milliseconds on the event loop, at a moment when nothing waits for them.
 */
export class IdleCheckpoint {
  readonly #file: DatabaseFile;
  readonly #turns: TurnTransactions;
  #turnsBefore = 0;
  #isBehind = false;

  constructor(file: DatabaseFile, turns: TurnTransactions) {
    this.#file = file;
    this.#turns = turns;
  }

  /** To be called after every heartbeat: a beat without another write since the one before is a quiet one. */
  afterBeat(): void {
    const { turns } = this.#turns;
    const isQuiet = turns - this.#turnsBefore <= 1;
    this.#turnsBefore = turns;
    if (!isQuiet) {
      this.#isBehind = true;
      return;
    }
    if (!this.#isBehind) return;
    this.#isBehind = false;
    try {
      this.#file.read(() => this.#file.prepare("PRAGMA wal_checkpoint(PASSIVE)").get());
    } catch {
      // A commit under load copies it then.
    }
  }
}
