import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { systemErrorCode } from "@cjm/core";

/**
 * Makes a folder and those around it. Node's own way never ends where the system says of a folder that is there that it is not, as
 * below `/proc`; this one asks once for each.
 * @throws the system's error
 */
export async function makeFolder(path: string): Promise<void> {
  const outcome = await attempt(path);
  if (outcome !== "ENOENT") return;
  const parent = dirname(path);
  if (parent !== path) await makeFolder(parent);
  // Another may have made it meanwhile. What cannot be found although its parent was made never will be.
  if ((await attempt(path)) === "ENOENT") await mkdir(path);
}

async function attempt(path: string): Promise<"made" | "ENOENT"> {
  try {
    await mkdir(path);
    return "made";
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT") return "ENOENT";
    // Whether it is a folder shows when something is written into it.
    if (code === "EEXIST") return "made";
    throw error;
  }
}
