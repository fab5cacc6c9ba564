import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { CapabilityFatalError, CapabilityInputError } from "@cjm/capability";
import Database from "better-sqlite3";
import { enterWalMode } from "./wal-mode.ts";

/** Who put something into the graph, and from what. Stands on every node and every edge. */
export interface Provenance {
  /** Hash of the bytes of the document it came from. */
  readonly contentHash: string;
  readonly jobId: string | null;
  readonly runId: string | null;
  /** ISO 8601, UTC. */
  readonly at: string;
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS documents (
  id TEXT PRIMARY KEY, path TEXT NOT NULL UNIQUE, title TEXT NOT NULL, kind TEXT NOT NULL, bytes INTEGER NOT NULL, encoding TEXT NOT NULL,
  language TEXT NOT NULL, words INTEGER NOT NULL, sentences INTEGER NOT NULL, reading_ease REAL, warnings TEXT NOT NULL,
  content_hash TEXT NOT NULL, job_id TEXT, run_id TEXT, created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS document_runs (document_id TEXT NOT NULL, run_id TEXT NOT NULL, job_id TEXT, at TEXT NOT NULL, PRIMARY KEY (run_id, document_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS nodes (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, label TEXT NOT NULL, document_id TEXT, data TEXT NOT NULL DEFAULT '{}',
  content_hash TEXT NOT NULL, job_id TEXT, run_id TEXT, created_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS nodes_by_document ON nodes(document_id);
CREATE INDEX IF NOT EXISTS nodes_by_kind ON nodes(kind);
CREATE TABLE IF NOT EXISTS edges (
  source TEXT NOT NULL, target TEXT NOT NULL, kind TEXT NOT NULL, weight REAL NOT NULL, count INTEGER NOT NULL, document_id TEXT NOT NULL,
  content_hash TEXT NOT NULL, job_id TEXT, run_id TEXT, created_at TEXT NOT NULL, PRIMARY KEY (source, kind, target)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS edges_by_target ON edges(target, kind);
CREATE INDEX IF NOT EXISTS edges_by_document ON edges(document_id);
CREATE TABLE IF NOT EXISTS addresses (address TEXT PRIMARY KEY, document_id TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pending_links (document_id TEXT NOT NULL, address TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (address, document_id)) WITHOUT ROWID;
CREATE VIRTUAL TABLE IF NOT EXISTS passages USING fts5(title, body, document_id UNINDEXED, section_id UNINDEXED, tokenize = 'porter unicode61 remove_diacritics 2');
`;

/** How long one waits for another process. */
const BUSY_TIMEOUT_MS = 10_000;
const NAME = /^[\w-]{1,64}$/;

/** Opens graphs below one folder by name and keeps them open. */
export class GraphDatabases {
  readonly #folder: string;
  readonly #open = new Map<string, Database.Database>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws CapabilityInputError for a name that is none; CapabilityFatalError for a file that is no database */
  get(name: string): Database.Database {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    if (!NAME.test(name))
      throw new CapabilityInputError(`'${name}' cannot be the name of a graph. Use up to 64 letters, digits, _ and -.`, {
        fields: ["graph"],
      });
    const database = openGraph(join(this.#folder, `${name}.db`));
    this.#open.set(name, database);
    return database;
  }

  /** @throws CapabilityInputError also for a graph that nothing was put into yet */
  existing(name: string): Database.Database {
    if (this.#open.has(name) || !NAME.test(name) || existsSync(join(this.#folder, `${name}.db`))) return this.get(name);
    const known = existsSync(this.#folder) ? readdirSync(this.#folder).flatMap((file) => /^([\w-]+)\.db$/.exec(file)?.[1] ?? []) : [];
    throw new CapabilityInputError(
      `There is no graph '${name}'. ${known.length === 0 ? "Put a document into it with 'add' first." : `There are: ${known.sort().join(", ")}.`}`,
      { fields: ["graph"] },
    );
  }

  close(): void {
    for (const database of this.#open.values()) database.close();
    this.#open.clear();
  }
}

/** Two processes may use one file: writers wait for each other. */
function openGraph(path: string): Database.Database {
  mkdirSync(join(path, ".."), { recursive: true });
  try {
    const database = new Database(path, { timeout: BUSY_TIMEOUT_MS });
    try {
      enterWalMode(database, BUSY_TIMEOUT_MS);
      database.pragma("synchronous = NORMAL");
      database.transaction(() => database.exec(SCHEMA)).immediate();
    } catch (error) {
      database.close();
      throw error;
    }
    return database;
  } catch (error) {
    throw new CapabilityFatalError(
      `The graph ${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}. Move the file aside to begin anew.`,
      { cause: error },
    );
  }
}
