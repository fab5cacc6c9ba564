import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative } from "node:path";
import { usageError } from "../../usage-error.ts";

/** The source of a capability, and how it is imported. */
export interface SourceTarget {
  readonly language: "node" | "python";
  /** Absolute folder that the source is part of; what is outside of it is not its author's. */
  readonly folder: string;
  /** What is imported: a package, `./file.ts`, or a dotted module. */
  readonly module: string;
  /** Folder that the module is looked up from. */
  readonly importFolder: string;
  /** What an installed Python distribution would say of itself; null for what is not a project. */
  readonly project: PythonProject | null;
}

export interface PythonProject {
  readonly name: string;
  readonly version: string;
  readonly description: string;
}

const NODE_FILE = /^\.[mc]?[jt]s$/;

/** Whether a file is the source of a capability by its name. */
export function isSourceFile(path: string): boolean {
  return NODE_FILE.test(extname(path)) || extname(path) === ".py";
}

/** @throws CjmError CJM_USAGE for a folder that is no package */
export async function sourceTarget(path: string, isFolder: boolean): Promise<SourceTarget> {
  if (!isFolder) return extname(path) === ".py" ? pythonFile(path) : nodeFile(path);
  if (existsSync(join(path, "package.json"))) return await nodePackage(path);
  if (existsSync(join(path, "pyproject.toml"))) return await pythonProject(path);
  throw usageError(
    `${path} is no package: it has neither package.json nor pyproject.toml.`,
    "Name the package's folder, or a file. 'cjm-ctl init capability' makes a package.",
  );
}

async function nodePackage(folder: string): Promise<SourceTarget> {
  const text = await readFile(join(folder, "package.json"), "utf8");
  const name = /"name"\s*:\s*"([^"]+)"/.exec(text)?.[1];
  if (name === undefined) {
    throw usageError(`${join(folder, "package.json")} has no name.`, 'Add one, such as "name": "my-capability".');
  }
  return { language: "node", folder, module: name, importFolder: folder, project: null };
}

function nodeFile(path: string): SourceTarget {
  const folder = folderWith("package.json", dirname(path)) ?? dirname(path);
  return { language: "node", folder, module: `./${relative(folder, path)}`, importFolder: folder, project: null };
}

async function pythonProject(folder: string): Promise<SourceTarget> {
  const project = readProject(await readFile(join(folder, "pyproject.toml"), "utf8"));
  const top = (project?.name ?? basename(folder)).replaceAll(/[-.]/g, "_");
  const importFolder = existsSync(join(folder, "src", top)) ? join(folder, "src") : folder;
  return { language: "python", folder, module: `${top}.capability`, importFolder, project };
}

async function pythonFile(path: string): Promise<SourceTarget> {
  let importFolder = dirname(path);
  while (existsSync(join(importFolder, "__init__.py"))) importFolder = dirname(importFolder);
  const module = relative(importFolder, path).replace(/\.py$/, "").replaceAll("/", ".");
  const folder = folderWith("pyproject.toml", importFolder);
  const project = folder === null ? null : readProject(await readFile(join(folder, "pyproject.toml"), "utf8"));
  return { language: "python", folder: folder ?? importFolder, module, importFolder, project };
}

/** Name, version and description of a pyproject.toml that says them as plain texts. */
export function readProject(text: string): PythonProject | null {
  const table = /^\[project\]\s*$(.*?)(?=^\[|$(?![\s\S]))/ms.exec(text)?.[1] ?? "";
  const said = (key: string): string | undefined => new RegExp(`^\\s*${key}\\s*=\\s*["']([^"']*)["']`, "m").exec(table)?.[1];
  const name = said("name");
  return name === undefined ? null : { name, version: said("version") ?? "0.0.0", description: said("description") ?? "" };
}

/** The nearest folder, from `start` upwards, that has the file; null when there is none before a folder of other packages. */
function folderWith(file: string, start: string): string | null {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, file))) return folder;
    if (dirname(folder) === folder || basename(folder) === "node_modules") return null;
  }
}
