import { createHash } from "node:crypto";
import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { CjmError, errorMessage } from "@cjm/core";

const NOT_PACKED = new Set(["node_modules", ".git", "test", "tests", "__pycache__", ".venv", "coverage", "build"]);

const isPacked = (name: string): boolean => !NOT_PACKED.has(name) && !name.endsWith(".egg-info") && !name.endsWith(".tgz");

/** A hash over names and contents of everything of a folder that can end up in a package. @throws CjmError CJM_ENVIRONMENT_FAILED */
export async function hashFolder(folder: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
    for (const file of files.filter((path) => path.split("/").every(isPacked)).sort()) {
      hash
        .update(`${file}\0`)
        .update(await readFile(join(folder, file)))
        .update("\0");
    }
  } catch (error) {
    throw new CjmError("CJM_ENVIRONMENT_FAILED", `The package folder ${folder} cannot be read: ${errorMessage(error)}.`, {
      hint: "Check 'package' in capabilities.yaml; paths are relative to that file.",
      cause: error,
    });
  }
  return `sha256:${hash.digest("hex")}`;
}

/** Copies what can be packed of a folder, without dependencies, tests and builds of Python. */
export async function copyPackage(from: string, to: string): Promise<void> {
  await cp(from, to, {
    recursive: true,
    dereference: true,
    filter: (source) => source === from || isPacked(source.slice(source.lastIndexOf("/") + 1)),
  });
}

/**
 * Makes the package.json of a copied npm package installable on its own: version specifiers that only a pnpm workspace
 * understands (`catalog:`, `workspace:`) become the versions that are installed there, and what serves development goes.
 */
export async function detachFromWorkspace(copy: string, original: string): Promise<{ readonly name: string; readonly version: string }> {
  const path = join(copy, "package.json");
  const manifest = JSON.parse(await readFile(path, "utf8")) as PackageJson;
  const { devDependencies: _development, scripts: _scripts, ...rest } = manifest;
  const dependencies = Object.entries(manifest.dependencies ?? {}).map(([name, spec]) => [
    name,
    /^(catalog|workspace):/.test(spec) ? installedVersion(name, original) : spec,
  ]);
  await writeFile(
    path,
    `${JSON.stringify({ ...rest, dependencies: Object.fromEntries(dependencies) as Record<string, string> }, null, 2)}\n`,
  );
  return { name: manifest.name, version: manifest.version };
}

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly scripts?: Record<string, string>;
}

function installedVersion(name: string, from: string): string {
  const require = createRequire(join(from, "package.json"));
  return (require(`${name}/package.json`) as PackageJson).version;
}
