import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SourceText } from "./locate.ts";
import type { SourceTarget } from "./source-target.ts";

const NOT_OWN = /(^|\/)(node_modules|\.git|\.venv|\.sdk|\.cjm|__pycache__|tests?|dist|build|build_backend)(\/|$)/;
const MAX_FILES = 500;

/** The files of a source in which a fault can be written, its package's own document last. */
export async function readSources({ folder, language }: SourceTarget): Promise<readonly SourceText[]> {
  const wanted = language === "python" ? /\.py$|^pyproject\.toml$/ : /\.[mc]?[jt]s$|^package\.json$/;
  const entries = await walk(folder, "");
  const paths = entries.filter((path) => wanted.test(path) && !path.endsWith(".d.ts")).slice(0, MAX_FILES);
  const isDocument = (path: string): number => Number(/\.(json|toml)$/.test(path));
  paths.sort((a, b) => isDocument(a) - isDocument(b) || (a < b ? -1 : 1));
  return await Promise.all(paths.map(async (path) => ({ path: join(folder, path), text: await readFile(join(folder, path), "utf8") })));
}

/** Paths of files below a folder, relative to it; links are not followed. */
async function walk(folder: string, below: string): Promise<readonly string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (NOT_OWN.test(path)) continue;
    if (entry.isFile()) found.push(path);
    else if (entry.isDirectory()) found.push(...(await walk(folder, path)));
    if (found.length > MAX_FILES) break;
  }
  return found;
}
