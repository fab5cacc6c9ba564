import { chmod, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { systemErrorCode } from "@cjm/core";
import { replaceFile, takeTurn } from "@cjm/environments";
import { makeFolder } from "./make-folder.ts";

/** Others need it for milliseconds. */
const TURN_MS = 10_000;

/**
 * Reads, changes and writes a file as one step: commands that change it at the same time lose nothing of each other, and it is
 * never there in part. A link stays one, and the permissions stay what they are.
 * @param change gets null where there is no file yet
 * @throws what `change` throws; CjmError CJM_ENVIRONMENT_BUSY when another takes too long
 */
export async function changeFile(path: string, change: (before: string | null) => string): Promise<void> {
  const target = await realpath(path).catch(() => path);
  await makeFolder(dirname(target));
  await using _turn = await takeTurn(join(dirname(target), `.${basename(target)}`), {
    waitMs: TURN_MS,
    activity: `is changing ${path}`,
  });
  const before = await readIfThere(target);
  const after = change(before);
  if (after === before) return;
  const facts = await orNull(stat(target));
  await replaceFile(target, after);
  if (facts !== null) await chmod(target, facts.mode & 0o7777);
}

/** Null: there is no file. */
export async function readIfThere(path: string): Promise<string | null> {
  return await orNull(readFile(path, "utf8"));
}

async function orNull<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return null;
    throw error;
  }
}
