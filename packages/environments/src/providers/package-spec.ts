import { readFile, stat } from "node:fs/promises";
import { basename, isAbsolute, join, resolve } from "node:path";
import { CjmError, hashBytes } from "@cjm/core";
import { hashFolder } from "../build/package-source.ts";

/** What `package` of an entry names: something in a registry or at an address, or a file or folder of this machine. */
export type PackageSpec =
  | { readonly kind: "named"; readonly spec: string }
  | { readonly kind: "folder" | "file"; readonly path: string; readonly extras: string };

/**
 * `./x`, `../x`, `/x`, `~` aside, and names of archives are paths, relative to `baseDir`; `-e` before one, which pip knows, is
 * left out, since an environment holds what it was made of and not what that became later.
 * @throws CjmError CJM_ENVIRONMENT_FAILED when nothing is there
 */
export async function packageSpec(text: string, baseDir: string, archives: RegExp): Promise<PackageSpec> {
  const editable = /^-e\s+/.exec(text);
  const bare = text.slice(editable?.[0].length ?? 0).trim();
  const { path: written, extras } = /^(?<path>.*?)(?<extras>\[[\w.,\s-]*\])?$/s.exec(bare)?.groups ?? {};
  const isUrl = /^[a-z][a-z+]*:\/\//i.test(bare);
  if (isUrl || written === undefined || !(editable !== null || /^\.{0,2}\//.test(written) || archives.test(written))) {
    return { kind: "named", spec: bare };
  }
  const path = isAbsolute(written) ? written : resolve(baseDir, written);
  try {
    return { kind: (await stat(path)).isDirectory() ? "folder" : "file", path, extras: extras ?? "" };
  } catch (error) {
    throw new CjmError("CJM_ENVIRONMENT_FAILED", `There is no package at ${path}.`, {
      hint: "Check 'package' in capabilities.yaml; paths are relative to that file.",
      cause: error,
    });
  }
}

/** What changes whenever the package does: a specifier as it is, contents of files and folders. */
export async function packageIdentity(spec: PackageSpec): Promise<string> {
  if (spec.kind === "named") return spec.spec;
  return `${spec.kind === "folder" ? await hashFolder(spec.path) : hashBytes(await readFile(spec.path))}${spec.extras}`;
}

/**
 * The dotted module of a Python capability: `my-tool[extra]>=1` is the distribution `my-tool`, whose capability lies in
 * `my_tool.capability`. A folder says its name in pyproject.toml, a wheel in its own, a repository in the end of its address.
 */
export async function pythonModuleOf(spec: PackageSpec): Promise<string> {
  const distribution = await distributionName(spec);
  return `${(/^[A-Za-z0-9._-]+/.exec(distribution)?.[0] ?? distribution).replaceAll(/[-.]/g, "_")}.capability`;
}

async function distributionName(spec: PackageSpec): Promise<string> {
  if (spec.kind === "named") {
    const [name, address] = /^(.*?)\s*@\s*([a-z][a-z+]*:\/\/.*)$/i.exec(spec.spec)?.slice(1) ?? [];
    if (name !== undefined && name !== "" && address !== undefined) return name;
    if (!spec.spec.includes("/")) return spec.spec;
    const last = spec.spec.replace(/#.*$/, "").replace(/\/$/, "").split("/").at(-1) ?? spec.spec;
    const bare = last.replace(/@.*$/, "").replace(/\.git$/, "");
    return /\.(whl|tar\.gz|zip)$/.test(bare) ? (bare.split("-")[0] ?? bare) : bare;
  }
  if (spec.kind === "file") return basename(spec.path).split("-")[0] ?? spec.path;
  const text = await readFile(join(spec.path, "pyproject.toml"), "utf8").catch(() => "");
  const project = /^\[project\]\s*$(.*?)(?=^\[|$(?![\s\S]))/ms.exec(text)?.[1] ?? text;
  return /^\s*name\s*=\s*["']([^"']+)["']/m.exec(project)?.[1] ?? basename(spec.path);
}
