import { constants } from "node:fs";
import { access, realpath } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { CjmError } from "@cjm/core";

/** Path of a program on the PATH. @throws CjmError CJM_ENVIRONMENT_TOOL_MISSING with `hint` */
export async function findProgram(name: string, hint: string, path: string = process.env["PATH"] ?? ""): Promise<string> {
  for (const folder of path.split(delimiter).filter((part) => part !== "")) {
    const candidate = join(folder, name);
    try {
      await access(candidate, constants.X_OK);
      await realpath(candidate);
      return candidate;
    } catch {
      // Not here.
    }
  }
  throw new CjmError("CJM_ENVIRONMENT_TOOL_MISSING", `There is no '${name}' on the PATH.`, { hint, details: { program: name } });
}
