import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const REPOSITORY = fileURLToPath(new URL("../../", import.meta.url));

export interface SourceFile {
  /** Relative to the repository, with `/`. */
  readonly path: string;
  /** Folder below `packages/`, such as `host` or `capabilities/graph`. */
  readonly packageName: string;
  readonly text: string;
  readonly lines: number;
  /** Specifiers of static and dynamic imports and re-exports, as written. */
  readonly imports: readonly string[];
}

/** Every source file of ours below `packages/`, TypeScript and Python; tests, fixtures, builds and templates of authors' packages are left out. */
export function sourceFiles(): readonly SourceFile[] {
  return packageFolders().flatMap((packageName) => {
    const folder = join(REPOSITORY, "packages", packageName);
    return walk(folder)
      .filter((file) => /\.(ts|py)$/.test(file) && !file.endsWith(".d.ts"))
      .map((file) => read(file, packageName));
  });
}

export function packageFolders(): readonly string[] {
  const names = (folder: string): string[] =>
    readdirSync(join(REPOSITORY, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  return [
    ...names("packages").filter((name) => name !== "capabilities"),
    ...names("packages/capabilities").map((name) => `capabilities/${name}`),
  ];
}

/** Repository path of the file a relative import leads to. */
export function resolveRelative(from: string, specifier: string): string {
  return relative(REPOSITORY, resolve(REPOSITORY, dirname(from), specifier)).replaceAll("\\", "/");
}

const NOT_SOURCE = new Set(["node_modules", "dist", "test", "tests", "fixtures", "__pycache__", ".cjm", "build", "templates"]);

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return NOT_SOURCE.has(entry.name) ? [] : walk(join(folder, entry.name));
    return [join(folder, entry.name)];
  });
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s[^;'"]*?from\s+["']([^"']+)["']|(?:^|\n)\s*import\s+["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;

function read(file: string, packageName: string): SourceFile {
  const text = readFileSync(file, "utf8");
  const imports = file.endsWith(".ts") ? [...text.matchAll(IMPORT)].map((match) => match[1] ?? match[2] ?? match[3] ?? "") : [];
  return { path: relative(REPOSITORY, file).replaceAll("\\", "/"), packageName, text, lines: text.split("\n").length - 1, imports };
}
