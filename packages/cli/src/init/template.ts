import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { CapabilityNames } from "./capability-names.ts";

/** A file to be made. */
export interface ScaffoldFile {
  /** Relative to the folder of the scaffold. */
  readonly path: string;
  readonly text: string;
}

export type TemplateName = "project" | "typescript" | "javascript" | "python";

/** From the source folder also where this file was compiled: a template is taken as it was written. */
const TEMPLATES = fileURLToPath(new URL("../../src/init/templates/", import.meta.url));

const NOT_TEMPLATE = /(^|\/)(__pycache__|node_modules|\.sdk)(\/|$)/;

/** The files of a template, with the names of a capability in place of `my-capability`, `MyCapability` and `my_capability`. */
export async function readTemplate(template: TemplateName, names?: CapabilityNames): Promise<readonly ScaffoldFile[]> {
  const folder = join(TEMPLATES, template);
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .filter((path) => !NOT_TEMPLATE.test(path));
  return await Promise.all(
    paths.sort().map(async (path) => ({
      path: renamed(dotted(path), names),
      text: renamed(await readFile(join(folder, path), "utf8"), names),
    })),
  );
}

/** npm would read a file of that name instead of packing it. */
function dotted(path: string): string {
  return path.replace(/(^|\/)gitignore$/, "$1.gitignore");
}

function renamed(text: string, names: CapabilityNames | undefined): string {
  if (names === undefined) return text;
  return text
    .replaceAll("my-capability", names.name)
    .replaceAll("MyCapability", names.className)
    .replaceAll("my_capability", names.moduleName);
}
