import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Writes a file whole or not at all, for its owner's eyes only (0600): beside it, synced, then renamed over it. A disk that
 * fills up in the middle is an error, and the file stays as it was. Whoever calls it must have the file alone: the name beside it
 * is always the same, so that what a process left there when it died goes with the next change.
 */
export function replaceFile(path: string, text: string): void {
  const beside = `${path}.tmp`;
  rmSync(beside, { force: true });
  const file = openSync(beside, "wx", 0o600);
  try {
    try {
      // Goes on after a short write, as a nearly full disk makes them.
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

/** Without it a loss of power could bring the old file back; where folders cannot be synced, it has to do. */
function syncFolder(path: string): void {
  try {
    const folder = openSync(path, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {}
}
