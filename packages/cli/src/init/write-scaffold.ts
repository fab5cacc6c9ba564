import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CjmError, fileFault, systemErrorCode } from "@cjm/core";
import { usageError } from "../usage-error.ts";
import { makeFolder } from "./make-folder.ts";
import type { ScaffoldFile } from "./template.ts";

export interface ScaffoldOptions {
  /** Absolute folder that the paths are relative to. */
  readonly folder: string;
  /** Replace files of these names that say something else. */
  readonly force: boolean;
  /** Only say what would be done. */
  readonly dryRun: boolean;
}

export interface WrittenFile {
  /** Absolute. */
  readonly path: string;
  readonly change: "created" | "replaced" | "unchanged";
}

/**
 * Makes files. Nothing is written when any of them is there with another content, unless `force` is set; files of other names
 * are never touched.
 * @throws CjmError CJM_USAGE that lists what is in the way; CJM_CONFIG_INVALID for what may not be read or written
 */
export async function writeScaffold(files: readonly ScaffoldFile[], options: ScaffoldOptions): Promise<readonly WrittenFile[]> {
  const { folder, force, dryRun } = options;
  const planned = await Promise.all(files.map(async (file) => ({ file, written: await changeOf(file, join(folder, file.path)) })));
  const inTheWay = planned.filter(({ written }) => written.change === "replaced").map(({ written }) => written.path);
  if (inTheWay.length > 0 && !force) {
    throw usageError(
      `Nothing was written, since ${inTheWay.length === 1 ? "a file is" : `${inTheWay.length} files are`} there already:\n${inTheWay.map((path) => `  - ${path}`).join("\n")}`,
      "Choose another name or folder, or say --force to have these files replaced.",
    );
  }
  for (const { file, written } of planned) {
    if (dryRun || written.change === "unchanged") continue;
    try {
      await makeFolder(dirname(written.path));
      await writeFile(written.path, file.text);
    } catch (error) {
      throw unwritable(written.path, error);
    }
  }
  return planned.map(({ written }) => written);
}

async function changeOf(file: ScaffoldFile, path: string): Promise<WrittenFile> {
  try {
    return { path, change: (await readFile(path, "utf8")) === file.text ? "unchanged" : "replaced" };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT") return { path, change: "created" };
    if (code === "ENOTDIR" || code === "EISDIR") {
      throw usageError(
        `${path} cannot be written: a file stands where a folder has to be, or the other way round.`,
        "Choose another name or folder.",
      );
    }
    throw unwritable(path, error);
  }
}

function unwritable(path: string, cause: unknown): CjmError {
  return new CjmError("CJM_CONFIG_INVALID", `${path} cannot be made: ${fileFault(cause)}.`, {
    hint: "Choose a folder that you may write to, on a disk with room.",
    cause,
  });
}
