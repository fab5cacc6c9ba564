import { randomBytes } from "node:crypto";
import { constants, copyFile, link, open, rename, rm } from "node:fs/promises";
import { systemErrorCode } from "@cjm/core";

/**
 * Writes a file whole or not at all: beside it, synced, then renamed over it. A disk that fills up in the middle is an error, and
 * the file stays as it was.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const beside = besideOf(path);
  try {
    await writeSynced(beside, text);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** The same for a file that must not be there yet. Of several who make it at once one does. @returns whether it was this one */
export async function createFile(path: string, text: string): Promise<boolean> {
  const beside = besideOf(path);
  try {
    await writeSynced(beside, text);
    await putInPlace(beside, path);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(beside, { force: true });
  }
}

function besideOf(path: string): string {
  return `${path}.${randomBytes(4).toString("hex")}.tmp`;
}

async function writeSynced(path: string, text: string): Promise<void> {
  await using file = await open(path, "wx");
  // Goes on after a short write, as a nearly full disk makes them.
  await file.writeFile(text);
  await file.sync();
}

/** A rename would replace what another made meanwhile. */
async function putInPlace(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") throw error;
    // A file system without hard links.
    await copyFile(from, to, constants.COPYFILE_EXCL);
  }
}
