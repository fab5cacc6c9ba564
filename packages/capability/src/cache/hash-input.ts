import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import type { CallContext } from "../call-context.ts";
import { CapabilityInputError } from "../capability-error.ts";
import { type FileState, InputHashCache } from "./input-hash-cache.ts";
import { newSha256 } from "./new-sha256.ts";

/** One read, and the longest that the thread is kept busy at a time: half a millisecond. */
const BLOCK_BYTES = 1024 * 1024;
/** File systems stamp changes with the kernel's tick, 10 ms at most: of two changes within one, the second shows no trace. */
const TICK_MS = 20;

/**
 * `sha256:` and hex of a file's content, read in blocks; the call can be cancelled between them. Remembered where the host names
 * a file for it, unless the file changes while it is read.
 * @throws CapabilityInputError when it is no file, what Node throws when it cannot be read, CapabilityCancelledError
 */
export async function hashInput(
  input: string,
  ctx: Pick<CallContext, "throwIfCancelled" | "log">,
  options: { readonly skipCache: boolean },
): Promise<string> {
  const path = await realpath(input);
  const facts = await stat(path, { bigint: true });
  if (!facts.isFile()) throw new CapabilityInputError(`The input ${input} is no file.`);
  const cache = options.skipCache ? null : InputHashCache.ofEnvironment();
  const known = cache?.get({ path, mtimeNs: facts.mtimeNs, size: facts.size }, ctx.log) ?? null;
  if (known !== null) return known;
  const { contentHash, state } = await hashFile(path, () => ctx.throwIfCancelled());
  if (state !== null) cache?.put(state, contentHash, ctx.log);
  return contentHash;
}

/** `state` is the one whose content was read; null when the file was changed meanwhile. */
async function hashFile(
  path: string,
  beforeBlock: () => void,
): Promise<{ readonly contentHash: string; readonly state: FileState | null }> {
  const handle = await open(path, "r");
  try {
    const ageMs = Date.now() - (await handle.stat()).mtimeMs;
    if (ageMs >= 0 && ageMs < TICK_MS) await setTimeout(TICK_MS - ageMs);
    const before = await handle.stat({ bigint: true });
    const contentHash = await digest(handle, beforeBlock);
    const after = await stat(path, { bigint: true }).catch(() => null);
    const same = after !== null && IDENTITY.every((field) => before[field] === after[field]);
    return { contentHash, state: same ? { path, mtimeNs: before.mtimeNs, size: before.size } : null };
  } finally {
    await handle.close();
  }
}

const IDENTITY = ["dev", "ino", "size", "mtimeNs", "ctimeNs"] as const;

async function digest(handle: FileHandle, beforeBlock: () => void): Promise<string> {
  const hash = newSha256();
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  for (;;) {
    beforeBlock();
    const { bytesRead } = await handle.read(block, 0, BLOCK_BYTES, null);
    if (bytesRead === 0) return `sha256:${hash.digest("hex")}`;
    hash.update(block.subarray(0, bytesRead));
  }
}
