import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CapabilityEntry, CapabilityEntrySchema, type CjmConfig, type Manifest, ManifestSchema } from "@cjm/core";
import { configAt, type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { type Environment, type InstallOptions, type InstallOutcome, type Introspector, installAll } from "../src/index.ts";

export const NO_HASHES = { configSchema: null, surface: null };

/** Asks the environment itself for a version, without a worker. */
export const ask: Introspector = async ({ name: entryName, kind, interpreter, environmentPath, module }, steps) => {
  const [flag, script] =
    kind === "node"
      ? ["-e", "console.log(JSON.stringify(require(process.argv[1]+'/package.json')))"]
      : [
          "-c",
          "import json, importlib.metadata as m, sys; d = m.metadata(sys.argv[1].split('.')[0].replace('_', '-')); print(json.dumps({'name': d['Name'], 'version': d['Version']}))",
        ];
  const printed = await steps.run({ title: "ask", argv: [interpreter, flag, script, module], cwd: environmentPath });
  const { name, version } = JSON.parse(printed) as { name: string; version: string };
  return { name: entryName, version, description: name, module, class: "Tool", hashes: NO_HASHES };
};

export const entry = (fields: Record<string, unknown>): CapabilityEntry => CapabilityEntrySchema.parse(fields);

export const environmentOf = (outcome: InstallOutcome | undefined): Environment => {
  if (outcome !== undefined && "environment" in outcome && typeof outcome.environment === "object") return outcome.environment;
  throw new Error(`no environment: ${JSON.stringify(outcome)}`);
};

/** A folder with packages to install from, and a data directory `data` inside it. */
export class InstallWorkspace implements AsyncDisposable {
  readonly path: string;
  readonly #folder: TemporaryFolder;

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder;
    this.path = folder.path;
  }

  static async create(): Promise<InstallWorkspace> {
    // Names that a shell would stumble over.
    return new InstallWorkspace(await temporaryFolder('cjm it\'s a "test" '));
  }

  at(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  config(runtime: Partial<CjmConfig["runtime"]> = {}): CjmConfig {
    const config = configAt(this.at("data"));
    return { ...config, runtime: { ...config.runtime, condaType: "micromamba", ...runtime } };
  }

  install(entries: readonly CapabilityEntry[], more: Partial<InstallOptions> = {}): Promise<readonly InstallOutcome[]> {
    return installAll({ config: this.config(), file: this.at("capabilities.yaml"), entries, introspector: ask, ...more });
  }

  /** @returns the path of a package folder, as capabilities.yaml would name it */
  nodePackage(name: string, version = "1.0.0", dependencies: Record<string, string> = {}): string {
    mkdirSync(this.at(name), { recursive: true });
    writeFileSync(this.at(`${name}/package.json`), JSON.stringify({ name, version, dependencies }));
    writeFileSync(this.at(`${name}/index.js`), `exports.version = ${JSON.stringify(version)};`);
    return `./${name}`;
  }

  /** The same for Python: a package that brings its own build backend. */
  pythonPackage(name: string, version = "1.0.0", requires: readonly string[] = []): string {
    mkdirSync(this.at(`${name}/build_backend`), { recursive: true });
    writeFileSync(
      this.at(`${name}/pyproject.toml`),
      `[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["build_backend"]\n\n[project]\nname = "${name}"\nversion = "${version}"\n`,
    );
    const module = name.replaceAll("-", "_");
    writeFileSync(
      this.at(`${name}/build_backend/backend.py`),
      `import os, zipfile
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    wheel = "${module}-${version}-py3-none-any.whl"
    info = "${module}-${version}.dist-info"
    with zipfile.ZipFile(os.path.join(wheel_directory, wheel), "w") as archive:
        archive.writestr("${module}/__init__.py", "")
        archive.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: ${name}\\nVersion: ${version}\\n${requires.map((text) => `Requires-Dist: ${text}\\n`).join("")}")
        archive.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr(info + "/entry_points.txt", "[console_scripts]\\n${name}-tool = ${module}:main\\n")
        archive.writestr(info + "/RECORD", "${module}/__init__.py,,\\n" + info + "/METADATA,,\\n" + info + "/WHEEL,,\\n" + info + "/RECORD,,\\n")
    return wheel
`,
    );
    return `./${name}`;
  }

  /** Names in the folder of environments, without its books. */
  environments(): readonly string[] {
    const folder = this.at("data/environments");
    return existsSync(folder) ? readdirSync(folder).filter((name) => name !== "recipes" && name !== "locks") : [];
  }

  manifest(name: string): Manifest {
    return ManifestSchema.parse(JSON.parse(readFileSync(this.at(`data/manifests/${name}.json`), "utf8")));
  }

  /** Writes a manifest of somebody else, or one that was edited. */
  async writeManifest(name: string, install: object, more: object = {}): Promise<void> {
    await mkdir(this.at("data/manifests"), { recursive: true });
    const code = { name, version: "1.0.0", module: "m", class: "C" };
    await writeFile(this.at(`data/manifests/${name}.json`), JSON.stringify({ format_version: "2.0", install, code, ...more }));
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#folder[Symbol.asyncDispose]();
  }
}
