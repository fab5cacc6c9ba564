import { createHash } from "node:crypto";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { CjmError, errorMessage } from "@cjm/core";

/** What names a state of a file, as far as the file system tells. */
export interface FileState {
  /** Absolute, with links resolved. */
  readonly path: string;
  readonly mtimeNs: bigint;
  readonly size: bigint;
}

export interface FileHash {
  /** `sha256:` and hex. */
  readonly contentHash: string;
  /** The state whose content was read; null when the file was changed meanwhile. */
  readonly state: FileState | null;
}

/** One read, and the longest that the event loop is kept busy at a time: half a millisecond. */
const BLOCK_BYTES = 1024 * 1024;
/** File systems stamp changes with the kernel's tick, 10 ms at most: of two changes within one, the second shows no trace. */
const TICK_MS = 20;

/** @throws CjmError CJM_INPUT_INVALID when there is no file at `path`, or something else than a file */
export async function fileState(path: string): Promise<FileState> {
  return orUnreadable(path, async () => {
    const resolved = await realpath(path);
    const facts = await stat(resolved, { bigint: true });
    if (!facts.isFile()) throw new Error(facts.isDirectory() ? "it is a directory" : "it is no regular file");
    return { path: resolved, mtimeNs: facts.mtimeNs, size: facts.size };
  });
}

/**
 * SHA-256 of a file, read block by block into one buffer. Reading begins when the tick of the file's last change is over, so
 * that `state` cannot stand for two contents.
 * @throws CjmError CJM_INPUT_INVALID when it cannot be read; the signal's reason
 */
export async function hashFile(path: string, signal?: AbortSignal): Promise<FileHash> {
  return orUnreadable(
    path,
    async () => {
      await using handle = await open(path, "r");
      await outlastTick(handle, signal);
      const before = await handle.stat({ bigint: true });
      const contentHash = await digest(handle, signal);
      const after = await stat(path, { bigint: true }).catch(() => null);
      const same = after !== null && IDENTITY.every((field) => before[field] === after[field]);
      return { contentHash, state: same ? { path, mtimeNs: before.mtimeNs, size: before.size } : null };
    },
    signal,
  );
}

const IDENTITY = ["dev", "ino", "size", "mtimeNs", "ctimeNs"] as const;

async function outlastTick(handle: FileHandle, signal: AbortSignal | undefined): Promise<void> {
  const { mtimeMs } = await handle.stat();
  const ageMs = Date.now() - mtimeMs;
  if (ageMs >= 0 && ageMs < TICK_MS) await setTimeout(TICK_MS - ageMs, undefined, signal === undefined ? {} : { signal });
}

async function digest(handle: FileHandle, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash("sha256");
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(block, 0, BLOCK_BYTES, null);
    if (bytesRead === 0) return `sha256:${hash.digest("hex")}`;
    hash.update(block.subarray(0, bytesRead));
  }
}

/** Names the file in what goes wrong with it; an abort stays what it is. */
async function orUnreadable<T>(path: string, read: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await read();
  } catch (error) {
    signal?.throwIfAborted();
    throw new CjmError("CJM_INPUT_INVALID", `The input ${path} cannot be read: ${errorMessage(error)}.`, {
      hint: "Check the path, and that it is a file you may read; for a URL or an id use the mode 'identifier'.",
      cause: error,
      details: { path },
    });
  }
}
