import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { promisify } from "node:util";
import { CjmError, errorMessage } from "@cjm/core";
import { findProgram } from "../providers/find-program.ts";

const run = promisify(execFile);

/** Variables that would lead a Python of an environment out of it. */
export const CLEAN_PYTHON = { PYTHONPATH: undefined, PYTHONHOME: undefined, PIP_REQUIRE_VIRTUALENV: undefined, PYTHONNOUSERSITE: "1" };

/**
 * Path of an installed Python, of a version such as `3.12` or of any. It is the interpreter itself: a shim of a version
 * manager costs time at every start and follows the working directory.
 * @throws CjmError CJM_ENVIRONMENT_TOOL_MISSING
 */
export async function findPython(version: string | undefined): Promise<string> {
  const found = await findProgram(
    version === undefined ? "python3" : `python${version}`,
    `Install Python${version === undefined ? " 3.9 or newer" : ` ${version}`}.`,
  );
  try {
    return await ask(found, "import sys; print(getattr(sys, '_base_executable', None) or sys.executable)");
  } catch (error) {
    throw new CjmError("CJM_ENVIRONMENT_TOOL_MISSING", `${found} does not run: ${errorMessage(error)}`, {
      hint: "Repair or reinstall Python.",
      cause: error,
    });
  }
}

/** Path and version, as one line. */
export function describePython(python: string): Promise<string> {
  return ask(python, "import sys; print(sys.executable, sys.version)");
}

export async function hasPip(python: string): Promise<boolean> {
  try {
    await ask(python, "import pip");
    return true;
  } catch {
    return false;
  }
}

/** Where pure packages of that Python lie; made if it is not there. */
export async function sitePackagesOf(python: string): Promise<string> {
  const folder = await ask(python, "import sysconfig; print(sysconfig.get_paths()['purelib'])");
  await mkdir(folder, { recursive: true });
  return folder;
}

async function ask(python: string, code: string): Promise<string> {
  const { stdout } = await run(python, ["-I", "-c", code]);
  return stdout.trim();
}
