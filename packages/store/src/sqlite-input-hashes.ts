import { stat } from "node:fs/promises";
import { CjmError, errorMessage, isCjmError, systemErrorCode } from "@cjm/core";
import { whenFree } from "./busy.ts";
import { DatabaseFile } from "./database-file.ts";
import { type FileState, fileState, hashFile } from "./hash-file.ts";
import { SharedPasses } from "./shared-passes.ts";

const SCHEMA = `
CREATE TABLE IF NOT EXISTS input_hash_cache (
  path TEXT NOT NULL,
  mtime_ns INTEGER NOT NULL,
  size INTEGER NOT NULL,
  content_hash TEXT NOT NULL,
  PRIMARY KEY (path, mtime_ns, size)
);
`;
const BY_KEY = "path = ? AND mtime_ns = ? AND size = ?";
const SELECT = `SELECT content_hash FROM input_hash_cache WHERE ${BY_KEY}`;
const UPSERT = "INSERT OR REPLACE INTO input_hash_cache (path, mtime_ns, size, content_hash) VALUES (?, ?, ?, ?)";
const DELETE = `DELETE FROM input_hash_cache WHERE ${BY_KEY}`;
const PAGE = "SELECT rowid, path, mtime_ns, size FROM input_hash_cache WHERE rowid > ? ORDER BY rowid LIMIT ?";
const ROWS_PER_PAGE = 200;
/** Whoever asked for a hash waits no longer than this for others to let go of the file, so that it can be remembered. */
const REMEMBER_BUSY_MS = 1_000;
const PRUNE_BUSY_MS = 10_000;

interface KeyRow {
  readonly rowid: bigint;
  readonly path: string;
  readonly mtime_ns: bigint;
  readonly size: bigint;
}

export interface HashInputOptions {
  readonly signal?: AbortSignal | undefined;
  /** Reads the file whatever is remembered of it, and remembers nothing. @default false */
  readonly skipCache?: boolean | undefined;
}

export interface PruneInputHashes {
  /** Unix milliseconds. */
  readonly nowMs: number;
  /** Rows of files whose last change is longer ago go, too; null: age does not matter. */
  readonly maxAgeMs: number | null;
  /** Counts what would go and deletes nothing. @default false */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface InputHashesPruned {
  /** The file is not there any more, or has changed since, so that the row can never be used again. */
  readonly goneRows: number;
  readonly agedRows: number;
  readonly keptRows: number;
}

/**
 * Hashes of input files, remembered by path, time of the last change and size in the original's file. A database that cannot
 * be used costs speed and nothing else: `failure` says why, and files are hashed each time.
 */
export class SqliteInputHashes implements Disposable {
  readonly #file: DatabaseFile | null;
  readonly #passes = new SharedPasses<string>();
  #failure: CjmError | null;

  private constructor(file: DatabaseFile | null, failure: CjmError | null) {
    this.#file = file;
    this.#failure = failure;
  }

  /** Never fails; see `failure`. */
  static open(path: string): SqliteInputHashes {
    try {
      const file = DatabaseFile.open(path, { title: "input hash database", schema: SCHEMA });
      file.waitAtMost(0);
      return new SqliteInputHashes(file, null);
    } catch (error) {
      return new SqliteInputHashes(null, asStoreFailure(error));
    }
  }

  /** Why something could not be remembered or looked up, the last time it happened; null when it never did. */
  get failure(): CjmError | null {
    return this.#failure;
  }

  /**
   * `sha256:` and hex of a file's content. Who asks for the same state of a file at the same time shares one pass over it. When the
   * file changes during the pass, the hash is of what was read, and it is not remembered.
   * @throws CjmError CJM_INPUT_INVALID when it is no file or cannot be read; the signal's reason
   */
  async hash(path: string, { signal, skipCache = false }: HashInputOptions = {}): Promise<string> {
    signal?.throwIfAborted();
    const state = await fileState(path);
    if (skipCache) return (await hashFile(state.path, signal)).contentHash;
    const known = this.#recall(state);
    if (known !== null) return known;
    const key = `${state.mtimeNs} ${state.size} ${state.path}`;
    return this.#passes.join(key, (passSignal) => this.#hashAndRemember(state.path, passSignal), signal);
  }

  /**
   * Deletes what can be of no more use. Looks at every file that is remembered, so it is for a quiet moment.
   * @throws CjmError CJM_STORE_FAILED; the signal's reason
   */
  async prune({ nowMs, maxAgeMs, dryRun = false, signal }: PruneInputHashes): Promise<InputHashesPruned> {
    if (this.#file === null) throw this.#failure ?? asStoreFailure(new Error("it is not open"));
    const file = this.#file;
    const count = { gone: 0, aged: 0, kept: 0 };
    const oldestNs = maxAgeMs === null ? null : BigInt(Math.trunc(nowMs - maxAgeMs)) * 1_000_000n;
    for (let rows = pageAfter(file, 0n); rows.length > 0; rows = pageAfter(file, rows.at(-1)?.rowid ?? 0n)) {
      signal?.throwIfAborted();
      const fates = await Promise.all(rows.map((row) => fateOf(row, oldestNs)));
      for (const fate of fates) count[fate]++;
      if (dryRun) continue;
      const deleteRows = (): void => {
        for (const [index, row] of rows.entries()) {
          if (fates[index] !== "kept") file.prepare(DELETE).run(row.path, row.mtime_ns, row.size);
        }
      };
      await whenFree(() => file.write(deleteRows), PRUNE_BUSY_MS);
    }
    return { goneRows: count.gone, agedRows: count.aged, keptRows: count.kept };
  }

  [Symbol.dispose](): void {
    this.#file?.[Symbol.dispose]();
  }

  async #hashAndRemember(path: string, signal: AbortSignal): Promise<string> {
    const { contentHash, state } = await hashFile(path, signal);
    if (state !== null) await this.#remember(state, contentHash);
    return contentHash;
  }

  /** Only what is a hash counts: anyone may write to the file. */
  #recall({ path, mtimeNs, size }: FileState): string | null {
    const file = this.#file;
    if (file === null) return null;
    let row: { readonly content_hash: unknown } | undefined;
    try {
      row = file.read(() => file.prepare<{ readonly content_hash: unknown }>(SELECT).get(path, mtimeNs, size));
    } catch (error) {
      this.#failure = asStoreFailure(error);
    }
    const hash = row?.content_hash;
    return typeof hash === "string" && /^sha256:[0-9a-f]{64}$/.test(hash) ? hash : null;
  }

  async #remember({ path, mtimeNs, size }: FileState, contentHash: string): Promise<void> {
    const file = this.#file;
    if (file === null) return;
    try {
      await whenFree(() => file.write(() => file.prepare(UPSERT).run(path, mtimeNs, size, contentHash)), REMEMBER_BUSY_MS);
    } catch (error) {
      this.#failure = asStoreFailure(error);
    }
  }
}

function pageAfter(file: DatabaseFile, rowid: bigint): KeyRow[] {
  return file.read(() => file.prepare<KeyRow>(PAGE).safeIntegers().all(rowid, ROWS_PER_PAGE));
}

async function fateOf(row: KeyRow, oldestNs: bigint | null): Promise<"gone" | "aged" | "kept"> {
  try {
    const facts = await stat(row.path, { bigint: true });
    if (facts.mtimeNs !== row.mtime_ns || facts.size !== row.size) return "gone";
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return "gone";
  }
  return oldestNs !== null && row.mtime_ns < oldestNs ? "aged" : "kept";
}

function asStoreFailure(error: unknown): CjmError {
  if (isCjmError(error)) return error;
  return new CjmError("CJM_STORE_FAILED", `The input hash database cannot be used: ${errorMessage(error)}.`, { cause: error });
}
