import { open } from "node:fs/promises";
import type { DatabaseFile } from "./database-file.ts";

/** Commits after which the log is copied under load. */
const BUSY_COMMITS = 250;
/** Fewer are left in the log also when nobody writes. */
const WORTHWHILE_COMMITS = 20;
const QUIET_MS = 2000;
/** Pages of the log after which a commit copies it itself, if nothing else did. SQLite's own 1000 would strike in the middle of work. */
const MOST_PAGES = 16_000;

/**
 * Copies the log of a file into it: every so many commits, and when nobody has written for a while. What takes long about that is
 * to wait until the log is on disk, 10 to 20 ms; it is waited for off the event loop first, so that SQLite, which must make sure
 * of it, finds little left to write. The copy itself takes a few milliseconds.
 */
export class WalCheckpoint implements Disposable {
  readonly #file: DatabaseFile;
  #timer: NodeJS.Timeout | null = null;
  /** Since the last copy began. */
  #commits = 0;
  #isQuiet = false;
  #isUnderWay = false;
  #isDisposed = false;

  constructor(file: DatabaseFile) {
    this.#file = file;
    file.read(() => file.prepare(`PRAGMA wal_autocheckpoint = ${MOST_PAGES}`).get());
  }

  /** A transaction was committed. */
  committed(): void {
    this.#commits += 1;
    this.#isQuiet = false;
    if (this.#commits >= BUSY_COMMITS) void this.#copy();
    this.#timer ??= setInterval(() => this.#look(), QUIET_MS).unref();
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    this.#stopLooking();
  }

  #look(): void {
    if (!this.#isQuiet) {
      this.#isQuiet = true;
      return;
    }
    this.#stopLooking();
    if (this.#commits >= WORTHWHILE_COMMITS) void this.#copy();
  }

  #stopLooking(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  async #copy(): Promise<void> {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    this.#commits = 0;
    try {
      await flushed(`${this.#file.path}-wal`);
      if (!this.#isDisposed) this.#file.read(() => this.#file.prepare("PRAGMA wal_checkpoint(PASSIVE)").get());
    } catch {
      // A commit copies the log when it has grown large.
    } finally {
      this.#isUnderWay = false;
    }
  }
}

/** SQLite has no locks on this file, which closing it here would let go of. */
async function flushed(path: string): Promise<void> {
  await using log = await open(path, "r+");
  await log.datasync();
}
