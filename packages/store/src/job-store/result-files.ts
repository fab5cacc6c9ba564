import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { CjmError, errorMessage, systemErrorCode } from "@cjm/core";

/**
 * Results too large for the database, one file each below a folder of their own. A file is complete and on disk before the row
 * that names it is committed. Its name begins with the id of the host that wrote it, which no other host ever has: so whoever
 * sweeps knows whether somebody may still be about to name it.
 */
export class ResultFiles {
  readonly folder: string;
  #count = 0;
  #made: Promise<unknown> | null = null;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** @returns the name of the new file. @throws CjmError CJM_STORE_FAILED */
  async write(text: string, hostId: number): Promise<string> {
    const name = `${hostId}-${++this.#count}.json`;
    const path = join(this.folder, name);
    try {
      this.#made ??= mkdir(this.folder, { recursive: true });
      await this.#made;
      {
        await using file = await open(`${path}.tmp`, "w");
        await file.writeFile(text);
        await file.sync();
      }
      await rename(`${path}.tmp`, path);
      if (process.platform !== "win32") {
        await using folder = await open(this.folder, "r");
        await folder.sync();
      }
      return name;
    } catch (error) {
      this.#made = null;
      await this.remove(name);
      throw resultFailed(path, "written", error);
    }
  }

  /** Its text; null when it is not there. @throws CjmError CJM_STORE_FAILED */
  async read(name: string): Promise<string | null> {
    const path = join(this.folder, basename(name));
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return null;
      throw resultFailed(path, "read", error);
    }
  }

  /** What cannot be removed now is swept later. */
  async remove(name: string): Promise<void> {
    const path = join(this.folder, basename(name));
    for (const each of [`${path}.tmp`, path]) await rm(each, { force: true }).catch(() => {});
  }
}

export function resultFailed(path: string, verb: string, cause: unknown): CjmError {
  return new CjmError("CJM_STORE_FAILED", `The result ${path} could not be ${verb}: ${errorMessage(cause)}.`, {
    hint: "Check that the disk has room, and that you may write to the folder.",
    cause,
    details: { path },
  });
}
