import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { CjmError, errorMessage } from "@cjm/core";
import Database from "better-sqlite3";

export interface DatabaseKind {
  /** What the file is called in messages, such as `journal`. */
  readonly title: string;
  /** Statements that make tables and indexes; each must be harmless when they are there. */
  readonly schema: string;
  /** `wal` for files that several processes write at the same time. */
  readonly journalMode: "wal" | "delete";
  /** Brings files of earlier versions up to date; runs inside the opening transaction, before `schema`. */
  readonly migrate?: (database: Database.Database) => void;
}

/**
 * Opens a database file, making it and its folders when they are missing.
 * @throws CjmError CJM_STORE_FAILED naming the file when it cannot be opened or is no database
 */
export function openDatabase(path: string, kind: DatabaseKind): Database.Database {
  return guard(path, kind.title, "opened", () => {
    if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
    const database = new Database(path, { timeout: 10_000 });
    try {
      database.pragma(`journal_mode = ${kind.journalMode}`);
      database.pragma("synchronous = NORMAL");
      database
        .transaction(() => {
          kind.migrate?.(database);
          database.exec(kind.schema);
        })
        .immediate();
    } catch (error) {
      database.close();
      throw error;
    }
    return database;
  });
}

/** Runs `use` and turns whatever SQLite throws into an error that names the file and the way out. */
export function guard<T>(path: string, title: string, verb: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw new CjmError("CJM_STORE_FAILED", `The ${title} ${path} could not be ${verb}: ${errorMessage(error)}.`, {
      hint: hintFor(error, path),
      cause: error,
      details: { path },
    });
  }
}

function hintFor(error: unknown, path: string): string {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  if (code.startsWith("SQLITE_NOTADB") || code.startsWith("SQLITE_CORRUPT"))
    return `Move ${path} aside; a new one is made at the next start.`;
  if (code.startsWith("SQLITE_FULL") || code === "ENOSPC") return "The disk is full: make room and try again.";
  if (code.startsWith("SQLITE_BUSY")) return "Another process holds it for long; try again, or look for a hung one.";
  return "Check that the folder exists, that it is on a local disk, and that you may write to it.";
}
