import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { CapabilityEntry, Manifest } from "@cjm/core";
import type { Environment } from "../store/environment-store.ts";
import { readAdapterManifest } from "./adapter-manifest.ts";
import { readManifest } from "./write-manifest.ts";

/** The manifest of a folder that already says what this entry would write, or null. */
export async function currentManifest(
  folder: string,
  entry: CapabilityEntry,
  environment: Environment,
  module: string,
): Promise<Manifest | null> {
  const names = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith(".json"));
  if (!(await haveAdapters(folder, names, entry))) return null;
  for (const name of names) {
    const manifest = await readManifest(join(folder, name));
    if (manifest === null) continue;
    const { install, code } = manifest;
    const isOurs =
      install.environment_path === environment.path &&
      install.environment_hash === environment.hash &&
      install.package_source === entry.package;
    const sameModule = code.module.startsWith(module);
    const sameClass = entry.class === undefined || code.class === entry.class;
    const sameVariables = Object.entries(entry.env_vars).every(([key, value]) => install.env_vars[key] === value);
    if (isOurs && sameModule && sameClass && sameVariables) return manifest;
  }
  return null;
}

async function haveAdapters(folder: string, names: readonly string[], { adapters }: CapabilityEntry): Promise<boolean> {
  if (adapters.length === 0) return true;
  const files = names.filter((name) => name.startsWith("adapter-"));
  const known = await Promise.all(files.map((name) => readAdapterManifest(join(folder, name))));
  return adapters.every(({ impl }) => known.some((adapter) => adapter !== null && `${adapter.module}:${adapter.class}` === impl));
}
