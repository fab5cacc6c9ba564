import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type CapabilityEntry, CjmError, errorMessage, hashBytes } from "@cjm/core";
import { copyPackage, hashFolder } from "../build/package-source.ts";
import type { BuildRequest, BuiltEnvironment, EnvironmentProvider } from "./environment-provider.ts";
import { findProgram } from "./find-program.ts";

const run = promisify(execFile);
const SCRIPTS = fileURLToPath(new URL("../../python/", import.meta.url));
const CLEAN = { PYTHONPATH: undefined, PYTHONHOME: undefined, PIP_REQUIRE_VIRTUALENV: undefined, PYTHONNOUSERSITE: "1" };

/** Environments of Python capabilities: `python3 -m venv` without pip, filled by the pip of the Python that makes it. */
export class VenvProvider implements EnvironmentProvider {
  readonly kind = "venv";
  readonly relocatable = true;

  async recipe(entry: CapabilityEntry, baseDir: string): Promise<unknown> {
    const path = localPath(entry.package, baseDir);
    return {
      kind: this.kind,
      package: path === null ? entry.package : await hashSource(path),
      wheels: entry.wheels === undefined ? null : await hashFolder(resolve(baseDir, entry.wheels)),
      libraries: entry.interface_libs,
      python: await describePython(await basePython(entry)),
    };
  }

  async build({ entry, baseDir, folder, steps }: BuildRequest): Promise<BuiltEnvironment> {
    const base = await basePython(entry);
    await steps.run({
      title: "make virtual environment",
      argv: [base, "-m", "venv", "--without-pip", folder],
      env: CLEAN,
      hint: "On Debian the module is in the package python3-venv.",
    });
    const python = join(folder, "bin", "python");
    const path = localPath(entry.package, baseDir);
    const source = path === null ? entry.package : await staged(path, join(folder, "source"));
    if (await hasPip(base)) {
      const where = entry.wheels === undefined ? [] : ["--no-index", "--find-links", resolve(baseDir, entry.wheels)];
      await steps.run({
        title: "install packages",
        argv: [
          base,
          "-m",
          "pip",
          "--python",
          python,
          "install",
          "--no-input",
          "--disable-pip-version-check",
          "--no-warn-script-location",
          ...where,
          ...entry.interface_libs,
          source,
        ],
        env: CLEAN,
        hint: `Check 'package: ${entry.package}' and that the package index can be reached, or give a folder of wheels with 'wheels:'.`,
      });
    } else {
      if (path === null || entry.interface_libs.length > 0) {
        throw new CjmError("CJM_ENVIRONMENT_TOOL_MISSING", `${entry.name}: ${base} has no pip, which its packages need.`, {
          hint: "Install it (Debian: apt install python3-pip) and try again.",
        });
      }
      const sitePackages = await sitePackagesOf(python);
      await steps.run({ title: "install package", argv: [python, join(SCRIPTS, "install_source.py"), source, sitePackages], env: CLEAN });
    }
    const listed = await steps.run({ title: "list packages", argv: [python, "-I", join(SCRIPTS, "list_distributions.py")], env: CLEAN });
    return {
      interpreter: join("bin", "python"),
      resolved: JSON.parse(listed) as unknown,
      module: moduleOf(entry, path === null ? entry.package : await distributionName(path)),
    };
  }

  /** Console scripts begin with the absolute path of their interpreter. */
  async beforeMove(folder: string, target: string): Promise<void> {
    const bin = join(folder, "bin");
    for (const entry of await readdir(bin, { withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(bin, entry.name);
      const text = await readFile(file, "utf8");
      if (text.includes(folder)) await writeFile(file, text.replaceAll(folder, target));
    }
  }
}

/** The interpreter itself: a shim of a version manager costs time at every start and follows the working directory. */
async function basePython(entry: CapabilityEntry): Promise<string> {
  const name = entry.python_version === undefined ? "python3" : `python${entry.python_version}`;
  const found = await findProgram(
    name,
    `Install Python${entry.python_version === undefined ? " 3.9 or newer" : ` ${entry.python_version}`}.`,
  );
  try {
    const { stdout } = await run(found, ["-I", "-c", "import sys; print(getattr(sys, '_base_executable', None) or sys.executable)"]);
    return stdout.trim();
  } catch (error) {
    throw new CjmError("CJM_ENVIRONMENT_TOOL_MISSING", `${found} does not run: ${errorMessage(error)}`, {
      hint: "Repair or reinstall Python.",
      cause: error,
    });
  }
}

async function describePython(python: string): Promise<string> {
  const { stdout } = await run(python, ["-I", "-c", "import sys; print(sys.executable, sys.version)"]);
  return stdout.trim();
}

async function hasPip(python: string): Promise<boolean> {
  try {
    await run(python, ["-I", "-c", "import pip"]);
    return true;
  } catch {
    return false;
  }
}

async function sitePackagesOf(python: string): Promise<string> {
  const { stdout } = await run(python, ["-I", "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]);
  await mkdir(stdout.trim(), { recursive: true });
  return stdout.trim();
}

function localPath(text: string, baseDir: string): string | null {
  if (!/^\.{0,2}\//.test(text) && !/\.(whl|tar\.gz|zip)$/.test(text)) return null;
  return isAbsolute(text) ? text : resolve(baseDir, text);
}

async function hashSource(path: string): Promise<string> {
  return (await isFolder(path)) ? await hashFolder(path) : hashBytes(await readFile(path));
}

/** A copy, so that building leaves nothing in the author's folder. */
async function staged(path: string, target: string): Promise<string> {
  if (!(await isFolder(path))) return path;
  await copyPackage(path, target);
  return target;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw new CjmError("CJM_ENVIRONMENT_FAILED", `There is no package at ${path}.`, {
      hint: "Check 'package' in capabilities.yaml; paths are relative to that file.",
      cause: error,
    });
  }
}

async function distributionName(path: string): Promise<string> {
  if (!(await isFolder(path))) return path.slice(path.lastIndexOf("/") + 1).split("-")[0] ?? path;
  const text = await readFile(join(path, "pyproject.toml"), "utf8").catch(() => "");
  return /^\s*name\s*=\s*["']([^"']+)["']/m.exec(text)?.[1] ?? path.slice(path.lastIndexOf("/") + 1);
}

/** `my-tool[extra]>=1` is the distribution `my-tool`, whose capability lies in `my_tool.capability` unless the entry says otherwise. */
function moduleOf(entry: CapabilityEntry, distribution: string): string {
  const name = /^[A-Za-z0-9._-]+/.exec(distribution)?.[0] ?? distribution;
  return entry.module ?? `${name.replaceAll(/[-.]/g, "_")}.capability`;
}
