import type Database from "better-sqlite3";
import { busyPauseMs, isBusyError } from "./busy.ts";

/**
 * Puts a file into WAL mode, where it then stays. The first to open a new file have to write that into its header, and where
 * two are at it SQLite refuses one of them at once, whatever its timeout: each has read the header, and neither could write it
 * before the other let go. So whoever is refused lets go, pauses and tries again, for `timeoutMs` at most. Blocks the thread
 * like every other wait for a file that is being opened.
 * @throws SqliteError SQLITE_BUSY when others hold the file for longer
 */
export function enterWalMode(database: Database.Database, timeoutMs: number): void {
  const deadline = performance.now() + timeoutMs;
  const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 1; ; attempt++) {
    try {
      database.pragma("journal_mode = WAL");
      return;
    } catch (error) {
      if (!isBusyError(error) || performance.now() >= deadline) throw error;
    }
    Atomics.wait(nobodyWakes, 0, 0, busyPauseMs(attempt));
  }
}
