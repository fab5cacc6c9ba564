import { existsSync } from "node:fs";
import { join } from "node:path";
import { readTemplate } from "./template.ts";
import { type ScaffoldOptions, type WrittenFile, writeScaffold } from "./write-scaffold.ts";

/** Makes the files of a project. A capabilities.yaml that is there is kept, whatever it says: it is what the project is about. */
export async function initProject(options: ScaffoldOptions): Promise<readonly WrittenFile[]> {
  const files = await readTemplate("project");
  const isKept = (path: string): boolean => path === "capabilities.yaml" && existsSync(join(options.folder, path));
  return await writeScaffold(
    files.filter(({ path }) => !isKept(path)),
    options,
  );
}
