import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { type CallContext, CapabilityInputError } from "@cjm/capability";
import picomatch from "picomatch";

export interface FindRequest {
  readonly folder: string;
  /** Globs over file names, upper and lower case alike. Empty: every name. */
  readonly names: readonly string[];
  /** Without the dot. Files without an extension count when `names` says which. */
  readonly extensions: readonly string[];
  /** Whether folders whose names begin with a dot are searched too. */
  readonly hidden: boolean;
}

export interface FoundDocument {
  readonly path: string;
  readonly relativePath: string;
  readonly bytes: number;
}

export interface FindResult {
  readonly folder: string;
  readonly documents: FoundDocument[];
  /** What was passed over although it could have been looked into. */
  readonly skipped: { readonly path: string; readonly reason: string }[];
  /** `links`: symbolic links that were not followed. */
  readonly counts: { readonly folders: number; readonly files: number; readonly links: number; readonly documents: number };
}

/**
 * Finds files below a folder, in the order of their paths. Symbolic links are not followed, so every file is found once.
 * An empty folder gives an empty list.
 * @throws CapabilityInputError when the folder is missing, no folder, or may not be read
 */
export async function findDocuments(request: FindRequest, ctx: Pick<CallContext, "throwIfCancelled" | "progress">): Promise<FindResult> {
  const root = resolve(request.folder);
  await assertFolder(root);
  const isWanted = matcher(request);
  const result: FindResult = { folder: root, documents: [], skipped: [], counts: { folders: 0, files: 0, links: 0, documents: 0 } };
  const counts = { folders: 0, files: 0, links: 0 };
  const waiting = [root];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    ctx.throwIfCancelled();
    counts.folders += 1;
    if (counts.folders % 100 === 0) ctx.progress(-1, `${counts.folders} folders, ${result.documents.length} documents`);
    for (const entry of await listFolder(folder, root, result)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && (request.hidden || !entry.name.startsWith("."))) waiting.push(path);
      if (entry.isSymbolicLink()) counts.links += 1;
      if (!entry.isFile()) continue;
      counts.files += 1;
      if (!isWanted(entry.name)) continue;
      const bytes = await sizeOf(path, result);
      if (bytes !== null) result.documents.push({ path, relativePath: relative(root, path), bytes });
    }
  }
  result.documents.sort((a, b) => (a.path < b.path ? -1 : 1));
  return { ...result, counts: { ...counts, documents: result.documents.length } };
}

function matcher({ names, extensions }: FindRequest): (name: string) => boolean {
  const wanted = new Set(extensions.map((extension) => extension.replace(/^\./, "").toLowerCase()));
  const isNamed = names.length === 0 ? null : picomatch([...names], { nocase: true, dot: true });
  return (name) => {
    if (isNamed !== null && !isNamed(name)) return false;
    const dot = name.lastIndexOf(".");
    return dot <= 0 ? isNamed !== null : wanted.has(name.slice(dot + 1).toLowerCase());
  };
}

async function listFolder(folder: string, root: string, result: FindResult): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (folder === root) throw new CapabilityInputError(`The folder ${root} may not be read.`, { fields: ["folder"] });
    result.skipped.push({ path: folder, reason: reasonOf(error) });
    return [];
  }
}

/** Null for a file that is gone since its folder was listed, or that may not be looked at. */
async function sizeOf(path: string, result: FindResult): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    result.skipped.push({ path, reason: reasonOf(error) });
    return null;
  }
}

/** Without the path, which stands beside it. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "EACCES" || code === "EPERM") return "may not be read";
  if (code === "ENOENT") return "was removed while the folder was searched";
  return error instanceof Error ? error.message : String(error);
}

async function assertFolder(path: string): Promise<void> {
  const facts = await stat(path).catch(() => null);
  if (facts === null)
    throw new CapabilityInputError(`There is no folder ${path}. Check the path; relative ones are relative to where the host runs.`, {
      fields: ["folder"],
    });
  if (!facts.isDirectory())
    throw new CapabilityInputError(`${path} is a file, not a folder. Parse it with 'parse', or name the folder it is in.`, {
      fields: ["folder"],
    });
}
