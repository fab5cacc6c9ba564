import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { z } from "@cjm/capability";

const PackageSchema = z.object({
  name: z.string().optional(),
  homepage: z.string().optional(),
  os: z.array(z.string()).optional(),
  cpu: z.array(z.string()).optional(),
  repository: z.union([z.string(), z.object({ url: z.string(), directory: z.string().optional() })]).optional(),
});

/**
 * Web addresses under which the README of a package is also read: its page at the registry, its repository, its home page,
 * as the package.json beside it says. Empty for other documents.
 */
export async function publishedAddresses(path: string): Promise<string[]> {
  if (!/^readme(\.|$)/i.test(basename(path))) return [];
  const parsed = PackageSchema.safeParse(await readJson(join(dirname(path), "package.json")));
  return parsed.success ? addressesOf(parsed.data) : [];
}

/** A package for some platforms only is a part of what its repository and home page are about: those are not its own. */
export function addressesOf({ name, homepage, repository, os = [], cpu = [] }: z.infer<typeof PackageSchema>): string[] {
  const addresses = new Set<string>();
  if (name !== undefined) addresses.add(`https://www.npmjs.com/package/${name}`);
  if (os.length > 0 || cpu.length > 0) return [...addresses];
  const home = repository === undefined ? null : repositoryPage(typeof repository === "string" ? { url: repository } : repository);
  if (home !== null) addresses.add(home);
  if (homepage !== undefined && /^https?:\/\//.test(homepage)) addresses.add(homepage);
  return [...addresses];
}

/** The page of a repository as a browser opens it; null for what is no address. */
function repositoryPage({ url, directory }: { readonly url: string; readonly directory?: string | undefined }): string | null {
  const short = /^(?:github:)?([\w.-]+\/[\w.-]+)$/.exec(url);
  const page =
    short === null
      ? url
          .replace(/^git\+/, "")
          .replace(/^(?:ssh|git):\/\/(?:git@)?/, "https://")
          .replace(/^git@([^:]+):/, "https://$1/")
          .replace(/\.git$/, "")
      : `https://github.com/${short[1]}`;
  if (!/^https?:\/\//.test(page)) return null;
  return directory === undefined ? page : `${page}/tree/HEAD/${directory.replace(/^\.?\//, "")}`;
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return null;
  }
}
