import { mkdir, readdir, realpath, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import {
  CACHE_HASH_LENGTHS,
  type CacheHashLengths,
  CjmError,
  cacheDirectoryPath,
  cacheFolderPath,
  cacheLeafName,
  canonicalHash,
  compareCodePoints,
  errorMessage,
  hashBytes,
  systemErrorCode,
} from "@cjm/core";

/** Hashes the content of files; `SqliteInputHashes` does. */
export interface InputHashes {
  hash(path: string, options?: { readonly signal?: AbortSignal | undefined; readonly skipCache?: boolean | undefined }): Promise<string>;
}

/** One input of one action of a capability. */
export interface CachedInput {
  /** Folder of the capability's own data. */
  readonly capabilityDataDir: string;
  /** One path component, such as `convert`. */
  readonly action: string;
  /** Path of a file, or with the mode `identifier` any text that names the input: a URL, an id. */
  readonly input: string;
  /** Whether the input is what the file holds or what the text says. @default "content" */
  readonly mode?: "content" | "identifier" | undefined;
  /** Hex digits in a directory's name. @default 6 of the input, 12 of the configuration */
  readonly lengths?: CacheHashLengths | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ResolveCacheDirectory extends CachedInput {
  /** The configuration in force for the action: JSON values, and `PyFloat` where Python has a float. Nothing counts as `{}`. */
  readonly config?: Readonly<Record<string, unknown>> | null | undefined;
  /** Makes the directory and what is above it. @default true */
  readonly create?: boolean | undefined;
  /** Reads the input whatever is remembered of it. @default false */
  readonly skipInputCache?: boolean | undefined;
}

export interface CacheEntries extends CachedInput {
  /** All directories of the input's stem, as the original lists them: also those of other inputs and of earlier content. @default false */
  readonly allOfStem?: boolean | undefined;
}

export interface PruneCacheDirectories {
  /** Directories that stay, as `resolve` or `list` gave them. @default none */
  readonly keep?: Iterable<string> | undefined;
  /** Only says what would go. @default false */
  readonly dryRun?: boolean | undefined;
}

export interface CacheDirectoriesPruned {
  /** What was listed and is gone now, or with `dryRun` would be. */
  readonly deleted: readonly string[];
  /** What could not be deleted, and why. */
  readonly failed: readonly { readonly path: string; readonly reason: string }[];
}

const LEAF = /^[0-9a-f]+_[0-9a-f]+$/;

/** Directories for what calls leave on disk: the same input content, action and configuration have the same one. The original's layout. */
export class CacheDirectories {
  readonly #hashes: InputHashes;

  constructor(hashes: InputHashes) {
    this.#hashes = hashes;
  }

  /**
   * @throws CjmError CJM_INPUT_INVALID for an unusable action or an input that cannot be read, CJM_STORE_FAILED when the directory
   * cannot be made; the signal's reason
   */
  async resolve({ config, create = true, skipInputCache = false, ...input }: ResolveCacheDirectory): Promise<string> {
    const path = cacheDirectoryPath({
      ...folderParts(input),
      inputHash: await this.#inputHash(input, skipInputCache),
      configHash: canonicalHash(config),
      lengths: input.lengths,
    });
    if (create) await makeDirectory(path);
    return path;
  }

  /** Directories that exist, sorted by code point; links are none. @throws CjmError CJM_INPUT_INVALID, CJM_STORE_FAILED; the signal's reason */
  async list({ allOfStem = false, ...input }: CacheEntries): Promise<readonly string[]> {
    const folder = cacheFolderPath(folderParts(input));
    const isOfInput = allOfStem ? () => true : this.#leafMatcher(input, await this.#inputHash(input, false));
    return (await directoryNames(folder))
      .filter(isOfInput)
      .sort(compareCodePoints)
      .map((name) => join(folder, name));
  }

  /**
   * Deletes what `list` lists, save what is to be kept. What another deletes meanwhile is no fault.
   * @throws CjmError CJM_INPUT_INVALID before anything is deleted when the folder is reached through a link, or when something to be
   * kept does not lie in it; what `list` throws
   */
  async prune(entries: CacheEntries, { keep = [], dryRun = false }: PruneCacheDirectories = {}): Promise<CacheDirectoriesPruned> {
    const listed = await this.list(entries);
    if (listed.length > 0) await refuseLink(entries);
    const kept = await namesToKeep(cacheFolderPath(folderParts(entries)), keep);
    const deleted: string[] = [];
    const failed: { path: string; reason: string }[] = [];
    for (const path of listed.filter((entry) => !kept.has(basename(entry)))) {
      entries.signal?.throwIfAborted();
      try {
        if (!dryRun) await rm(path, { recursive: true, force: true });
        deleted.push(path);
      } catch (error) {
        failed.push({ path, reason: errorMessage(error) });
      }
    }
    return { deleted, failed };
  }

  #inputHash({ input, mode = "content", signal }: CachedInput, skipCache: boolean): Promise<string> {
    if (mode === "identifier") return Promise.resolve(hashBytes(input));
    return this.#hashes.hash(input, { signal, skipCache });
  }

  #leafMatcher({ lengths = CACHE_HASH_LENGTHS }: CachedInput, inputHash: string): (name: string) => boolean {
    const [prefix = ""] = cacheLeafName(inputHash, "0", lengths).split("_");
    return (name) => LEAF.test(name) && name.startsWith(`${prefix}_`);
  }
}

function folderParts({ capabilityDataDir, action, input }: CachedInput) {
  return { dataDir: capabilityDataDir, action, input };
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw new CjmError("CJM_STORE_FAILED", `The cache directory ${path} could not be made: ${errorMessage(error)}.`, {
      hint: "Check that the capability's data directory is a folder that you may write to, and that there is room.",
      cause: error,
      details: { path },
    });
  }
}

async function directoryNames(folder: string): Promise<readonly string[]> {
  try {
    const found = await readdir(folder, { withFileTypes: true });
    return found.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw new CjmError("CJM_STORE_FAILED", `The cache folder ${folder} could not be read: ${errorMessage(error)}.`, {
      hint: "Check that you may read it.",
      cause: error,
      details: { folder },
    });
  }
}

/** Below a link, whatever it leads to would be deleted. The data directory itself may be one. */
async function refuseLink(input: CachedInput): Promise<void> {
  const folder = cacheFolderPath(folderParts(input));
  const real = await realpath(folder);
  if (real === cacheFolderPath({ ...folderParts(input), dataDir: await realpath(input.capabilityDataDir) })) return;
  throw new CjmError("CJM_INPUT_INVALID", `The cache folder ${folder} leads through a link to ${real}, so nothing in it is deleted.`, {
    hint: "Delete there by hand what is no longer needed, or remove the link.",
    details: { folder, real },
  });
}

/** A path that is meant to stay and does not lie here is a mistake that would cost its directory. */
async function namesToKeep(folder: string, keep: Iterable<string>): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const path of keep) {
    const [parent, here] = await Promise.all([realPath(dirname(resolve(path))), realPath(resolve(folder))]);
    if (parent !== here) {
      throw new CjmError("CJM_INPUT_INVALID", `${path} is to be kept and lies outside ${folder}, so nothing is deleted.`, {
        hint: "Give directories as list() gave them for the same input and action.",
        details: { path, folder },
      });
    }
    names.add(basename(resolve(path)));
  }
  return names;
}

async function realPath(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
