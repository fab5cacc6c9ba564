import { cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { WORKER_KINDS, type WorkerKind } from "../worker-kinds.ts";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

export interface EnvironmentFixture extends AsyncDisposable {
  readonly kind: WorkerKind;
  readonly folder: TemporaryFolder;
  /** Writes a file of the capability's package. */
  write(path: string, text: string): Promise<void>;
}

/**
 * An environment as an installation makes it: the package under test and a copy of `@cjm/capability` lie as TypeScript source
 * below `node_modules`, where Node itself would not run them.
 */
export async function environmentFixture(files: Readonly<Record<string, string>>): Promise<EnvironmentFixture> {
  const folder = await temporaryFolder("cjm-e-");
  const modules = join(folder.path, "node_modules");
  const packageFolder = join(modules, "tool");
  await mkdir(join(modules, "@cjm/capability"), { recursive: true });
  for (const name of ["src", "package.json"])
    await cp(`${REPOSITORY}packages/capability/${name}`, join(modules, "@cjm/capability", name), { recursive: true });
  await symlink(`${REPOSITORY}packages/capability/node_modules/zod`, join(modules, "zod"));
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(packageFolder, path)), { recursive: true });
    await writeFile(join(packageFolder, path), text);
  };
  const manifest = {
    name: "tool",
    version: "2.3.4",
    description: "Made for a test.",
    type: "module",
    exports: "./src/index.ts",
    dependencies: { "@cjm/capability": "*", zod: "*", absent: "*" },
  };
  await write("package.json", JSON.stringify(manifest));
  for (const [path, text] of Object.entries(files)) await write(path, text);
  const [node] = WORKER_KINDS;
  if (node === undefined) throw new Error("there is no worker for Node");
  return {
    kind: { ...node, module: "tool", className: "Tool", environment: folder.path, adapters: [] },
    folder,
    write,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
