import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";

const RecordSchema = z.object({
  name: z.string(),
  version: z.string(),
  build: z.string(),
  url: z.string(),
  md5: z.string().nullish(),
  sha256: z.string().nullish(),
});

/** A package as it is installed in a conda environment. */
export type CondaPackage = z.infer<typeof RecordSchema>;

/** What is installed below a prefix, from the records every conda program keeps in `conda-meta`; by name. */
export async function condaPackages(prefix: string): Promise<readonly CondaPackage[]> {
  const folder = join(prefix, "conda-meta");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json")).sort();
  return await Promise.all(names.map(async (name) => RecordSchema.parse(JSON.parse(await readFile(join(folder, name), "utf8")))));
}

/** A file from which `create` makes the same environment without solving. Source: the format of `conda list --explicit --md5`. */
export function explicitFile(packages: readonly CondaPackage[]): string {
  return `@EXPLICIT\n${packages.map(({ url, md5 }) => `${url}${md5 == null ? "" : `#${md5}`}\n`).join("")}`;
}

/** Identity of packages: the same wherever they were downloaded from. */
export function condaIdentity(packages: readonly CondaPackage[]): readonly unknown[] {
  return packages.map(({ name, version, build, sha256, md5 }) => ({ name, version, build, hash: sha256 ?? md5 ?? null }));
}
