import type Database from "better-sqlite3";

const LONGEST_PAUSE_MS = 25;

/**
 * Puts a file into WAL mode, where it then stays. Of two that write that into the header of a new file at the same moment SQLite
 * refuses one at once, whatever its timeout, since neither could go on before the other let go. So whoever is refused lets go,
 * pauses and tries again, for `timeoutMs` at most. Blocks the thread, like every wait for a file.
 * @throws SqliteError SQLITE_BUSY when others hold the file for longer
 */
export function enterWalMode(database: Database.Database, timeoutMs: number): void {
  const deadline = performance.now() + timeoutMs;
  const nobodyWakes = new Int32Array(new SharedArrayBuffer(4));
  for (;;) {
    try {
      database.pragma("journal_mode = WAL");
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
    }
    // Uneven, so that two do not meet again and again.
    Atomics.wait(nobodyWakes, 0, 0, 1 + Math.random() * LONGEST_PAUSE_MS);
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_BUSY");
}
