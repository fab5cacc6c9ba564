import { copyFile, cp, mkdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { CjmError } from "@cjm/core";
import * as z from "zod";
import { copyPackage, detachFromWorkspace } from "../build/package-source.ts";
import type { StepRunner } from "../build/step-runner.ts";
import type { PackageSpec } from "../providers/package-spec.ts";

const SDK = "@cjm/capability";

/** A dependency of an environment's package.json. */
export interface NpmDependency {
  readonly name: string;
  readonly spec: string;
}

const PackedSchema = z.union([z.array(z.object({ filename: z.string() })), z.record(z.string(), z.object({ filename: z.string() }))]);
const PackageSchema = z.object({ name: z.string(), dependencies: z.record(z.string(), z.string()).default({}) });

/** Turns what an environment is made of into tarballs in `<folder>/packages`, so that npm needs nothing else of this machine. */
export class NpmPackages {
  readonly #npm: string;
  readonly #folder: string;
  readonly #steps: StepRunner;

  constructor(npm: string, folder: string, steps: StepRunner) {
    this.#npm = npm;
    this.#folder = folder;
    this.#steps = steps;
  }

  /** The author SDK, and what that needs, from where it is installed: an environment is made without asking a registry for them. */
  async sdk(): Promise<readonly NpmDependency[]> {
    const folder = sdkFolder();
    const needed = Object.keys((await readPackage(folder)).dependencies);
    const require = createRequire(join(folder, "package.json"));
    const folders = await Promise.all(needed.map(async (name) => await realpath(dirname(require.resolve(`${name}/package.json`)))));
    // What it needs stands beside it; npm would ask the registry for it although it has it.
    const packed = [await this.#packCopy(folder, copyWithoutDependencies)];
    for (const dependency of folders) packed.push(await this.#packCopy(dependency, (from, to) => cp(from, to, { recursive: true })));
    return packed;
  }

  async own(spec: PackageSpec): Promise<NpmDependency> {
    if (spec.kind === "named") return splitSpec(spec.spec);
    if (spec.kind === "folder") return await this.#packCopy(spec.path);
    const target = join(await this.#packages(), basename(spec.path));
    await copyFile(spec.path, target);
    return { name: await tarballName(target), spec: `file:packages/${basename(target)}` };
  }

  /** Packs a copy that stands on its own, without the workspace around the original. */
  async #packCopy(source: string, copyTo = copyPackage): Promise<NpmDependency> {
    const copy = join(await this.#packages(), "staging");
    await copyTo(source, copy);
    await detachFromWorkspace(copy, source);
    const packed = await this.#pack(copy);
    await rm(copy, { recursive: true });
    return packed;
  }

  async #pack(source: string): Promise<NpmDependency> {
    const { name } = await readPackage(source);
    const printed = await this.#steps.run({
      title: `pack ${name}`,
      argv: [this.#npm, "pack", "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", await this.#packages()],
      cwd: source,
    });
    const [first] = Object.values(PackedSchema.parse(JSON.parse(printed.slice(printed.search(/[[{]/)))));
    if (first === undefined) throw new CjmError("CJM_ENVIRONMENT_FAILED", `npm pack named no file for ${source}.`);
    // Older npm names a scoped package with its slash, and writes it without.
    return { name, spec: `file:packages/${first.filename.replace(/^@/, "").replaceAll("/", "-")}` };
  }

  async #packages(): Promise<string> {
    const folder = join(this.#folder, "packages");
    await mkdir(folder, { recursive: true });
    return folder;
  }
}

async function copyWithoutDependencies(from: string, to: string): Promise<void> {
  await copyPackage(from, to);
  const path = join(to, "package.json");
  const { dependencies: _beside, ...rest } = z.looseObject({}).parse(JSON.parse(await readFile(path, "utf8")));
  await writeFile(path, JSON.stringify(rest, null, 2));
}

/** Where the author SDK is installed. */
export function sdkFolder(): string {
  return dirname(fileURLToPath(import.meta.resolve(`${SDK}/package.json`)));
}

/** `name@range`; a name alone is any version. */
export function splitSpec(spec: string): NpmDependency {
  const at = spec.indexOf("@", 1);
  return at === -1 ? { name: spec, spec: "*" } : { name: spec.slice(0, at), spec: spec.slice(at + 1) };
}

export async function packageName(spec: PackageSpec): Promise<string> {
  if (spec.kind === "named") return splitSpec(spec.spec).name;
  return spec.kind === "folder" ? (await readPackage(spec.path)).name : await tarballName(spec.path);
}

async function readPackage(folder: string): Promise<z.infer<typeof PackageSchema>> {
  try {
    return PackageSchema.parse(JSON.parse(await readFile(join(folder, "package.json"), "utf8")));
  } catch (error) {
    throw new CjmError("CJM_ENVIRONMENT_FAILED", `${folder} is no npm package: its package.json cannot be read, or has no name.`, {
      hint: "Make one with 'npm init'.",
      cause: error,
    });
  }
}

/** The name in a tarball's package.json, read with the tar layout of npm: one gzip stream, 512-byte headers. */
async function tarballName(path: string): Promise<string> {
  const broken = (cause?: unknown): CjmError =>
    new CjmError("CJM_ENVIRONMENT_FAILED", `${path} is no npm package: it has no package.json.`, {
      hint: "Make one with 'npm pack'.",
      cause,
    });
  try {
    const bytes = gunzipSync(await readFile(path));
    for (let offset = 0; offset + 512 <= bytes.length; ) {
      const name = bytes.toString("utf8", offset, offset + 100).replace(/\0.*$/s, "");
      const size = Number.parseInt(bytes.toString("ascii", offset + 124, offset + 136), 8) || 0;
      const start = offset + 512;
      if (/^[^/]+\/package\.json$/.test(name)) return PackageSchema.parse(JSON.parse(bytes.toString("utf8", start, start + size))).name;
      offset = start + Math.ceil(size / 512) * 512;
    }
  } catch (error) {
    throw broken(error);
  }
  throw broken();
}
