import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { CjmError, errorMessage, isCjmError, systemErrorCode } from "@cjm/core";
import Database from "better-sqlite3";
import { isBusyError } from "./busy.ts";
import { enterWalMode } from "./wal-mode.ts";

export interface DatabaseKind {
  /** What the file is called in messages, such as `journal`. */
  readonly title: string;
  /** Statements that make tables and indexes; each must write nothing when they are there. */
  readonly schema: string;
  /** Brings files of earlier versions up to date; runs inside the opening transaction, before `schema`. Writes nothing when there is nothing to do. */
  readonly migrate?: (database: Database.Database) => void;
}

/** How long opening and, unless told otherwise, a write waits for another process, as the original's connections do. */
const BUSY_TIMEOUT_MS = 10_000;

/**
 * One open SQLite file: its connection, its statements, and errors that name it. In WAL mode, so that several processes can
 * write and others read meanwhile. `:memory:` is a database without a file.
 */
export class DatabaseFile implements Disposable {
  readonly path: string;
  readonly #title: string;
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();
  readonly #transaction: Database.Transaction<(use: () => unknown) => unknown>;

  private constructor(path: string, title: string, database: Database.Database) {
    this.path = path;
    this.#title = title;
    this.#database = database;
    this.#transaction = database.transaction((use: () => unknown) => use());
  }

  /**
   * Opens a file, making it and its folders when they are missing.
   * @throws CjmError CJM_STORE_FAILED naming the file when it cannot be opened or is no database
   */
  static open(path: string, kind: DatabaseKind): DatabaseFile {
    return guard(path, kind.title, "opened", () => {
      if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true });
      const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
      try {
        enterWalMode(database, BUSY_TIMEOUT_MS);
        database.pragma("synchronous = NORMAL");
        bringUpToDate(database, kind);
      } catch (error) {
        database.close();
        throw error;
      }
      return new DatabaseFile(path, kind.title, database);
    });
  }

  /** A prepared statement; the same text gives the same one. */
  prepare<Row = unknown>(sql: string): Database.Statement<unknown[], Row> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement as Database.Statement<unknown[], Row>;
  }

  /** @throws CjmError CJM_STORE_FAILED */
  read<T>(use: () => T): T {
    return guard(this.path, this.#title, "read", use);
  }

  /** One transaction: what `use` writes is there as a whole or not at all. @throws CjmError CJM_STORE_FAILED */
  write<T>(use: () => T): T {
    return guard(this.path, this.#title, "written", () => this.#transaction.immediate(use) as T);
  }

  /** From now on a write waits this long for another process, ms; 0: it fails at once, as `isBusy` says. */
  waitAtMost(ms: number): void {
    this.#database.pragma(`busy_timeout = ${ms}`);
  }

  /** Bytes in use, without pages that are free again. */
  usedBytes(): number {
    const pragma = (name: string): number => Number(this.#database.pragma(name, { simple: true }));
    return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

/**
 * A file that has everything is only read: whoever wants to look at it needs no lock that others may hold. Where something is
 * missing and others write meanwhile, a transaction that began as a reader cannot go on, and all is done again as a writer.
 */
function bringUpToDate(database: Database.Database, { migrate, schema }: DatabaseKind): void {
  const complete = database.transaction(() => {
    migrate?.(database);
    database.exec(schema);
  });
  try {
    complete.deferred();
  } catch (error) {
    if (!isBusyError(error)) throw error;
    complete.immediate();
  }
}

function guard<T>(path: string, title: string, verb: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (isCjmError(error)) throw error;
    throw new CjmError("CJM_STORE_FAILED", `The ${title} ${path} could not be ${verb}: ${errorMessage(error)}.`, {
      hint: hintFor(error, path),
      cause: error,
      details: { path },
    });
  }
}

function hintFor(error: unknown, path: string): string {
  const code = systemErrorCode(error) ?? "";
  if (code.startsWith("SQLITE_NOTADB") || code.startsWith("SQLITE_CORRUPT"))
    return `Move ${path} aside; a new one is made at the next start.`;
  if (code.startsWith("SQLITE_FULL") || code === "ENOSPC") return "The disk is full: make room and try again.";
  if (code.startsWith("SQLITE_BUSY")) return "Another process holds it for long; try again, or look for a hung one.";
  return "Check that the folder exists, that it is on a local disk, and that you may write to it.";
}
