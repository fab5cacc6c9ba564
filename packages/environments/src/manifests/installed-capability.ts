import { lstat, readdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  CjmError,
  describeIssues,
  didYouMean,
  errorMessage,
  fileFault,
  isAdapterDocument,
  type Manifest,
  ManifestSchema,
  systemErrorCode,
} from "@cjm/core";
import type { Environment, EnvironmentStore } from "../store/environment-store.ts";

/** A capability's manifest as it stands in its file, without its overrides. */
export interface InstalledCapability {
  readonly name: string;
  readonly path: string;
  readonly manifest: Manifest;
}

/**
 * Every capability manifest of a folder.
 * @throws CjmError CJM_MANIFEST_INVALID for one that cannot be read: nobody knows what it refers to
 */
export async function installedCapabilities(folder: string): Promise<readonly InstalledCapability[]> {
  const found = await Promise.all((await manifestFiles(folder)).map((file) => readCapability(join(folder, file))));
  return found.filter((capability) => capability !== null);
}

/** @throws CjmError CJM_CAPABILITY_NOT_FOUND, CJM_MANIFEST_INVALID */
export async function installedCapability(folder: string, name: string): Promise<InstalledCapability> {
  const files = await manifestFiles(folder);
  const names = files.map((file) => basename(file, ".json"));
  const found = names.includes(name) ? await readCapability(join(folder, `${name}.json`)) : null;
  if (found !== null) return found;
  throw new CjmError("CJM_CAPABILITY_NOT_FOUND", `No capability '${name}' is installed in ${folder}.${didYouMean(name, names)}`, {
    hint: "'cjm-ctl list' shows what is installed; install with 'cjm-ctl install-all'.",
  });
}

/** Names of the other capabilities that use the same environment. */
export function sharersOf(capability: InstalledCapability, all: readonly InstalledCapability[]): readonly string[] {
  const { environment_path: path, conda_env: condaName } = capability.manifest.install;
  const isSame = ({ install }: Manifest): boolean =>
    path === null ? install.environment_path === null && install.conda_env === condaName : install.environment_path === path;
  return all.filter((other) => other.path !== capability.path && isSame(other.manifest)).map(({ name }) => name);
}

/** The environment of a manifest, if it is one of this store; null for one of somebody else. */
export function environmentOf({ manifest }: InstalledCapability, store: EnvironmentStore): Environment | null {
  const { environment_path: path, environment_hash: hash, environment_lock: lock, runtime, python_path } = manifest.install;
  if (path === null || hash === null || dirname(path) !== store.root) return null;
  const id = basename(path);
  return { id, kind: runtime, hash, path, interpreter: python_path, lock: lock ?? join(store.locks, id) };
}

async function manifestFiles(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return [];
    throw new CjmError("CJM_MANIFEST_INVALID", `The manifests in ${folder} cannot be read: ${fileFault(error)}.`, {
      hint: "Check that it is a folder and that you may read it.",
      cause: error,
    });
  }
}

/** Null for a manifest of an adapter, and for one that was removed meanwhile. */
async function readCapability(path: string): Promise<InstalledCapability | null> {
  const invalid = (reason: string, cause?: unknown): CjmError =>
    new CjmError("CJM_MANIFEST_INVALID", `The manifest ${path} cannot be used: ${reason}.`, {
      hint: "Correct or delete it; 'cjm-ctl install-all' writes a new one.",
      cause,
      details: { path },
    });
  const text = await readFile(path, "utf8").catch(async (error: unknown) => {
    if (await isGone(path)) return null;
    throw invalid(fileFault(error), error);
  });
  if (text === null) return null;
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw invalid(`it is no JSON: ${errorMessage(error)}`, error);
  }
  if (isAdapterDocument(document)) return null;
  const parsed = ManifestSchema.safeParse(document);
  if (!parsed.success) throw invalid(describeIssues(parsed.error).join("; "));
  return { name: parsed.data.code.name, path, manifest: parsed.data };
}

/** A link that leads nowhere is not gone: what it referred to nobody knows. */
async function isGone(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => false,
    (error: unknown) => systemErrorCode(error) === "ENOENT",
  );
}
