import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { CapabilityEntry, Manifest } from "@cjm/core";
import type { Environment } from "../store/environment-store.ts";
import { readManifest } from "./write-manifest.ts";

/** The manifest of a folder that already says what this entry would write, or null. */
export async function currentManifest(
  folder: string,
  entry: CapabilityEntry,
  environment: Environment,
  module: string,
): Promise<Manifest | null> {
  const names = await readdir(folder).catch(() => []);
  const isThere = (impl: string): boolean =>
    names.some((name) => name.startsWith("adapter-") && name.endsWith(`-${impl.split(":").at(-1)}.json`));
  if (!entry.adapters.every(({ impl }) => isThere(impl))) return null;
  for (const name of names.filter((file) => file.endsWith(".json"))) {
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
