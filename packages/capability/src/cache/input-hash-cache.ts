import { mkdirSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { CallLogger } from "../call-context.ts";

/** What names a state of a file, as far as the file system tells. */
export interface FileState {
  /** Absolute, with links resolved. */
  readonly path: string;
  readonly mtimeNs: bigint;
  readonly size: bigint;
}

const VARIABLE = "CJM_INPUT_HASH_CACHE";
const BUSY_TIMEOUT_MS = 10_000;
/** Source: result codes of SQLite. */
const SQLITE_BUSY = 5;
const SCHEMA = `
CREATE TABLE IF NOT EXISTS input_hash_cache (
  path TEXT NOT NULL,
  mtime_ns INTEGER NOT NULL,
  size INTEGER NOT NULL,
  content_hash TEXT NOT NULL,
  PRIMARY KEY (path, mtime_ns, size)
);
`;
const SELECT = "SELECT content_hash FROM input_hash_cache WHERE path = ? AND mtime_ns = ? AND size = ?";
const UPSERT = "INSERT OR REPLACE INTO input_hash_cache (path, mtime_ns, size, content_hash) VALUES (?, ?, ?, ?)";

const opened = new Map<string, InputHashCache>();

/**
 * Hashes of input files, remembered in the SQLite file that all processes of one data directory share. What goes wrong with it
 * costs speed and nothing else: it is logged once.
 */
export class InputHashCache {
  readonly #path: string;
  #database: DatabaseSync | null = null;
  #warned = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** The file that `CJM_INPUT_HASH_CACHE` names by an absolute path; null without one, or where Node would print a warning about its SQLite. */
  static ofEnvironment(): InputHashCache | null {
    const path = process.env[VARIABLE] ?? "";
    if (!isAbsolute(path) || !sqliteIsSilent(process.versions.node, process.execArgv)) return null;
    const cache = opened.get(path) ?? new InputHashCache(path);
    opened.set(path, cache);
    return cache;
  }

  /** Only what is a hash counts: anyone may write to the file. */
  get({ path, mtimeNs, size }: FileState, log: CallLogger): string | null {
    const row = this.#use(log, (database) => database.prepare(SELECT).get(path, mtimeNs, size));
    const known = row?.["content_hash"];
    return typeof known === "string" && /^sha256:[0-9a-f]{64}$/.test(known) ? known : null;
  }

  put({ path, mtimeNs, size }: FileState, contentHash: string, log: CallLogger): void {
    this.#use(log, (database) => database.prepare(UPSERT).run(path, mtimeNs, size, contentHash));
  }

  #use<T>(log: CallLogger, use: (database: DatabaseSync) => T): T | null {
    try {
      this.#database ??= openDatabase(this.#path);
      return use(this.#database);
    } catch (error) {
      if (!this.#warned) log.warning(`${this.#path} cannot be used, so inputs are hashed each time`, { error });
      this.#warned = true;
      return null;
    }
  }
}

/** Whether Node's SQLite comes without a warning: from 24.15 and 25.7 on, or where this process is told to print none. */
export function sqliteIsSilent(nodeVersion: string, execArgv: readonly string[]): boolean {
  if (execArgv.some((argument) => argument === "--disable-warning=ExperimentalWarning" || argument === "--no-warnings")) return true;
  const [major = 0, minor = 0] = nodeVersion.split(".").map(Number);
  return major > 25 || (major === 25 && minor >= 7) || (major === 24 && minor >= 15);
}

function openDatabase(path: string): DatabaseSync {
  // Loaded here and not by an import: loading it is what prints the warning, and old versions of Node do not have it.
  const sqlite = process.getBuiltinModule("node:sqlite") as typeof import("node:sqlite") | undefined;
  if (sqlite === undefined) throw new Error(`Node ${process.version} has no SQLite`);
  mkdirSync(dirname(path), { recursive: true });
  const database = new sqlite.DatabaseSync(path);
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    enterWalMode(database);
    database.exec(`PRAGMA synchronous = NORMAL; ${SCHEMA}`);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/** Left to the other one where SQLite refuses it because another is at it: without it the file serves as well, only slower. */
function enterWalMode(database: DatabaseSync): void {
  try {
    database.exec("PRAGMA journal_mode = WAL");
  } catch (error) {
    if (!(error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY)) throw error;
  }
}
