import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CjmError, fileFault } from "@cjm/core";
import { livingOwner, processMark } from "./process-mark.ts";

/** `shared`: makes environments and manifests that name them. `exclusive`: takes environments away. */
export type OccupancyMode = "shared" | "exclusive";

/**
 * Says that this process works on the environments in `root`, until disposed of. Any number may share; whoever takes
 * environments away is alone, since an environment that no manifest names yet looks like one that nobody needs.
 * Both write their mark first and look for others then, so that of two who come at once at least one gives way.
 * @throws CjmError CJM_ENVIRONMENT_BUSY naming the process in the way; CJM_ENVIRONMENT_FAILED when `root` cannot be written
 */
export async function occupy(root: string, mode: OccupancyMode): Promise<AsyncDisposable> {
  const name = `.${mode}-${processMark()}`;
  const path = join(root, name);
  const release = (): Promise<void> => rm(path, { force: true });
  try {
    await mkdir(root, { recursive: true });
    await writeFile(path, "");
  } catch (error) {
    throw new CjmError("CJM_ENVIRONMENT_FAILED", `Environments in ${root} cannot be changed: ${fileFault(error)}.`, {
      hint: "Make the folder writable, or name another data directory with --data-dir.",
      cause: error,
    });
  }
  const inTheWay = mode === "shared" ? /^\.exclusive-/ : /^\.(shared|exclusive)-/;
  for (const other of (await readdir(root)).filter((file) => file !== name && /^\.(shared|exclusive)-/.test(file))) {
    const pid = livingOwner(other);
    if (pid === null) await rm(join(root, other), { force: true });
    else if (inTheWay.test(other)) {
      await release();
      throw new CjmError("CJM_ENVIRONMENT_BUSY", `Process ${pid} is working on the environments in ${root}.`, {
        hint: "Wait until it has ended and try again.",
        details: { pid },
      });
    }
  }
  return { [Symbol.asyncDispose]: release };
}
