import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const BENCH = fileURLToPath(new URL("../", import.meta.url));
const PACKAGES = fileURLToPath(new URL("../../packages/", import.meta.url));

/**
 * How our packages lie on a user's disk. `source`: as a checkout holds them, TypeScript whose types Node strips.
 * `compiled`: as npm installs them, JavaScript.
 */
export type PackageForm = "source" | "compiled";

/** A folder with one capability in a `node_modules` of its own, laid out as `cjm-ctl install-all` leaves it; without npm. */
export function stageEnvironment(folder: string, form: PackageForm): string {
  const modules = join(folder, "node_modules");
  stagePackage(modules, "capability", form);
  cpSync(join(BENCH, "capability/node"), join(modules, "@cjm/bench-tool"), { recursive: true });
  cpSync(installed("zod"), join(modules, "zod"), { recursive: true });
  return folder;
}

/** The worker and what it imports, as npm installs them. Returns the program's file. */
export function stageWorker(folder: string): string {
  const modules = join(folder, "node_modules");
  for (const name of ["core", "protocol", "capability", "worker"]) stagePackage(modules, name, "compiled");
  for (const name of ["zod", "fastify"]) symlinkSync(installed(name), join(modules, name));
  return join(modules, "@cjm/worker", entryOf(join(modules, "@cjm/worker"), "./main"));
}

/** What npm would have put there: files of the package, with the entry points that are published laid over those of development. */
function stagePackage(modules: string, name: string, form: PackageForm): void {
  const from = join(PACKAGES, name);
  const to = join(modules, "@cjm", name);
  mkdirSync(to, { recursive: true });
  const { publishConfig, ...manifest } = JSON.parse(readFileSync(join(from, "package.json"), "utf8")) as Record<string, object>;
  const published = form === "compiled" ? { ...manifest, ...publishConfig } : manifest;
  writeFileSync(join(to, "package.json"), JSON.stringify(published, null, 2));
  for (const content of ["src", "dist"]) {
    if (!existsSync(join(from, content))) throw new Error(`packages/${name}/${content} is missing. Run 'tsc -b' first.`);
    cpSync(join(from, content), join(to, content), { recursive: true });
  }
}

function entryOf(folder: string, subpath: string): string {
  const { exports } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { exports: Record<string, { default: string }> };
  const entry = exports[subpath]?.default;
  if (entry === undefined) throw new Error(`${folder} has no entry ${subpath}`);
  return entry;
}

function installed(name: string): string {
  return realpathSync(join(BENCH, "node_modules", name));
}
