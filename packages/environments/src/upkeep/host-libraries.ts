import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { type CapabilityEntry, CjmError, runtimeOf } from "@cjm/core";
import { findProgram } from "../providers/find-program.ts";
import { packageSpec } from "../providers/package-spec.ts";
import { openSteps, type UpkeepOptions } from "./upkeep-options.ts";

/** What a host program needs of the interface libraries of its capabilities, sorted, each once. */
export interface HostLibraries {
  readonly node: readonly string[];
  /** Only for hosts that are written in Python. */
  readonly python: readonly string[];
}

/** The author SDK, in either language and the original's, is no library of a host. */
const SDK = /^(@cjm\/capability|cjm-substrate)\b/;

/** Union of the `interface_libs` of all entries. */
export function hostLibraries(entries: readonly CapabilityEntry[]): HostLibraries {
  const of = (isNode: boolean): readonly string[] => {
    const libraries = entries.filter((entry) => (runtimeOf(entry) === "node") === isNode).flatMap((entry) => entry.interface_libs);
    return [...new Set(libraries)].filter((library) => !SDK.test(library)).sort();
  };
  return { node: of(true), python: of(false) };
}

export interface HostSetup extends UpkeepOptions {
  readonly libraries: HostLibraries;
  /** Folder of capabilities.yaml. */
  readonly baseDir: string;
  /** The npm package that gets the Node libraries: this folder or the nearest one above that has a package.json. */
  readonly into: string;
  /** Interpreter that gets those of Python; without one they are left out. */
  readonly python: string | null;
}

/** Installs interface libraries for a host program. @throws CjmError CJM_ENVIRONMENT_FAILED, CJM_ENVIRONMENT_TOOL_MISSING */
export async function setupHost(options: HostSetup): Promise<void> {
  const { libraries, baseDir, into, python } = options;
  await using steps = await openSteps("host", options);
  const written = (texts: readonly string[]): Promise<readonly string[]> =>
    Promise.all(
      texts.map(async (text) => {
        const spec = await packageSpec(text, baseDir, /\.(tgz|tar\.gz|whl|zip)$/);
        return spec.kind === "named" ? spec.spec : `${spec.path}${spec.extras}`;
      }),
    );
  if (libraries.node.length > 0) {
    const npm = await findProgram("npm", "Install Node.js with npm.");
    const argv = [
      npm,
      "install",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
      ...(await written(libraries.node)),
    ] as const;
    await steps.run({ title: "install Node libraries", argv, cwd: await packageFolder(into) });
  }
  if (libraries.python.length > 0 && python !== null) {
    const argv = [
      python,
      "-m",
      "pip",
      "install",
      "--no-input",
      "--disable-pip-version-check",
      ...(await written(libraries.python)),
    ] as const;
    await steps.run({ title: "install Python libraries", argv });
  }
}

async function packageFolder(from: string): Promise<string> {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const isPackage = await stat(join(folder, "package.json")).then(
      () => true,
      () => false,
    );
    if (isPackage) return folder;
    if (dirname(folder) !== folder) continue;
    throw new CjmError(
      "CJM_ENVIRONMENT_FAILED",
      `Neither ${resolve(from)} nor a folder above it has a package.json, into which libraries could go.`,
      {
        hint: "Make one with 'npm init', or name the host's folder with --into.",
      },
    );
  }
}
