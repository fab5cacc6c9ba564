import Database from "better-sqlite3";

/** Longest time one process waits for another. */
const TIMEOUT_MS = 10_000;

/**
 * Runs `use` while no other process (and nobody else in this one) holds the lock of the same file. SQLite's own lock is what
 * is held: the system lets go of it when its holder dies, so no lock is ever left behind.
 * @throws SqliteError SQLITE_BUSY when another holds it for too long
 */
export function withFileLock<T>(path: string, use: () => T): T {
  const database = new Database(path, { timeout: TIMEOUT_MS });
  try {
    database.exec("BEGIN EXCLUSIVE");
    return use();
  } finally {
    database.close();
  }
}
