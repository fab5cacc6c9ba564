import { lstat, readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { type CjmConfig, dataLayout } from "@cjm/core";
import { environmentOf, installedCapabilities } from "../manifests/installed-capability.ts";
import { EnvironmentStore } from "../store/environment-store.ts";
import { occupy } from "../store/occupancy.ts";

/** Something in the data directory that nothing needs any more. */
export interface GarbageItem {
  readonly kind: "environment" | "lock" | "recipe" | "leftover" | "log";
  readonly path: string;
  readonly bytes: number;
}

/**
 * What could be freed: environments that no manifest names, with their locks; what dead builders left; notes that lead
 * nowhere; logs of installations that no manifest refers to. Changes nothing.
 * @throws CjmError CJM_MANIFEST_INVALID when a manifest cannot be read, since what it refers to must not go
 */
export async function findGarbage(config: Pick<CjmConfig, "dataDir">): Promise<readonly GarbageItem[]> {
  const layout = dataLayout(config.dataDir);
  const store = new EnvironmentStore(config.dataDir);
  const capabilities = await installedCapabilities(layout.manifests);
  const needed = new Set(capabilities.flatMap((capability) => environmentOf(capability, store)?.id ?? []));
  const neededLogs = new Set(capabilities.map(({ manifest }) => manifest.install.install_log));
  const unneeded = async (folder: string): Promise<readonly string[]> =>
    (await namesIn(folder))
      .filter((name) => /^(node|venv|conda)-[0-9a-f]+$/.test(name) && !needed.has(name))
      .map((name) => join(folder, name));
  const logs = (await namesIn(layout.logs)).filter((name) => /^install-.*\.log$/.test(name)).map((name) => join(layout.logs, name));

  const candidates: readonly (readonly [GarbageItem["kind"], readonly string[]])[] = [
    ["environment", await unneeded(store.root)],
    ["lock", await unneeded(store.locks)],
    ["leftover", (await store.leftovers()).map((name) => join(store.root, name))],
    ["recipe", await deadRecipes(store, needed)],
    ["log", logs.filter((path) => !neededLogs.has(path))],
  ];
  const items = candidates.flatMap(([kind, paths]) => paths.map((path) => ({ kind, path })));
  return await Promise.all(items.map(async (item) => ({ ...item, bytes: await bytesOf(item.path) })));
}

/**
 * Removes those of the items that are still garbage, so that nothing goes that somebody came to need meanwhile.
 * @returns what was removed
 * @throws CjmError CJM_ENVIRONMENT_BUSY while somebody installs; as `findGarbage`
 */
export async function collectGarbage(config: Pick<CjmConfig, "dataDir">, agreed: readonly GarbageItem[]): Promise<readonly GarbageItem[]> {
  const store = new EnvironmentStore(config.dataDir);
  await using _alone = await occupy(store.root, "exclusive");
  const paths = new Set(agreed.map(({ path }) => path));
  const items = (await findGarbage(config)).filter(({ path }) => paths.has(path));
  if (items.some(({ kind }) => kind === "leftover")) await store.removeLeftovers();
  for (const { kind, path } of items) {
    if (kind === "environment") await store.remove(basename(path));
    else await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }
  return items;
}

async function deadRecipes(store: EnvironmentStore, needed: ReadonlySet<string>): Promise<readonly string[]> {
  const paths = (await namesIn(store.recipes)).map((name) => join(store.recipes, name));
  const ids = await Promise.all(paths.map(idOfRecipe));
  return paths.filter((_path, index) => !needed.has(ids[index] ?? ""));
}

async function idOfRecipe(path: string): Promise<string | null> {
  try {
    const { id } = JSON.parse(await readFile(path, "utf8")) as { readonly id?: unknown };
    return typeof id === "string" ? id : null;
  } catch {
    return null;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  const names: string[] = await readdir(folder).catch(() => []);
  return names.sort();
}

/** Of a file or of everything below a folder; links count for themselves. */
async function bytesOf(path: string): Promise<number> {
  const facts = await lstat(path).catch(() => null);
  if (facts === null) return 0;
  if (!facts.isDirectory()) return facts.size;
  let bytes = 0;
  for (const name of await namesIn(path)) bytes += await bytesOf(join(path, name));
  return bytes;
}
