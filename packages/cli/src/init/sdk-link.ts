import { existsSync } from "node:fs";
import { lstat, mkdir, readlink, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { nodeSdkFolder, pythonSdkFolder } from "@cjm/environments";

/** Where a package of that language looks for the author SDK while it is developed. Git ignores it; an installed one has its own. */
const PLACES = { node: "node_modules/@cjm/capability", python: "tests/.sdk" } as const;

/**
 * Lets tests and editors find the author SDK: a link to the one that this cjm-ctl installs with. A link that leads elsewhere is
 * turned; what is no link stays.
 * @returns the link's absolute path
 */
export async function linkSdk(folder: string, language: keyof typeof PLACES): Promise<string> {
  const target = language === "node" ? nodeSdkFolder() : pythonSdkFolder();
  const link = join(folder, PLACES[language]);
  const isLink = await lstat(link).then(
    (found) => found.isSymbolicLink(),
    () => null,
  );
  if (isLink === false || (isLink === true && (await readlink(link)) === target)) return link;
  await mkdir(dirname(link), { recursive: true });
  await rm(link, { force: true });
  await symlink(target, link, "junction");
  return link;
}

/** Links the SDK into each folder that is a package of either language; others are left out. @returns the links */
export async function linkSdks(folders: readonly string[]): Promise<readonly string[]> {
  const nodePackages = folders.filter((folder) => existsSync(join(folder, "package.json")));
  const pythonPackages = folders.filter((folder) => existsSync(join(folder, "pyproject.toml")) && !nodePackages.includes(folder));
  return await Promise.all([
    ...nodePackages.map((folder) => linkSdk(folder, "node")),
    ...pythonPackages.map((folder) => linkSdk(folder, "python")),
  ]);
}
