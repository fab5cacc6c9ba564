import { randomUUID } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { CapabilityInputError } from "@cjm/capability";

/**
 * Lets `write` fill a file beside `path` and puts it in place when it is whole; what cannot be finished is taken away.
 * @throws CapabilityInputError when nothing can be written there
 */
export async function writeWhole(path: string, write: (unfinished: string) => Promise<void>): Promise<void> {
  const unfinished = `${path}.${randomUUID().slice(0, 8)}.unfinished`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await write(unfinished);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => undefined);
    const reason = error instanceof Error && "code" in error ? REASONS[String(error.code)] : undefined;
    if (reason === undefined) throw error;
    throw new CapabilityInputError(`${path} cannot be written: ${reason}. Name another path.`, { fields: ["path"], cause: error });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "you have no right to",
  EPERM: "you have no right to",
  EROFS: "the file system is read-only",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of its path is a file",
  EEXIST: "a part of its path is a file",
  ENOTEMPTY: "it is a folder",
  ENOSPC: "the disk is full",
};
