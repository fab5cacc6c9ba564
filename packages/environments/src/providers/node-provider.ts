import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type CapabilityEntry, CjmError, hashBytes } from "@cjm/core";
import { copyPackage, detachFromWorkspace, hashFolder } from "../build/package-source.ts";
import type { BuildRequest, BuiltEnvironment, EnvironmentProvider } from "./environment-provider.ts";
import { findProgram } from "./find-program.ts";

const SDK = "@cjm/capability";
const NPM_HINT = "Install Node.js with npm; the Node that cjm brings has none.";

/**
 * Environments of Node capabilities: a `node_modules` of their own, made by npm without install scripts. The author SDK is
 * put in by us, so that every capability runs against the SDK of the host that starts it.
 */
export class NodeProvider implements EnvironmentProvider {
  readonly kind = "node";
  readonly relocatable = true;

  async recipe(entry: CapabilityEntry, baseDir: string): Promise<unknown> {
    const source = await sourceOf(entry.package, baseDir);
    return {
      kind: this.kind,
      package:
        source.kind === "registry"
          ? source.spec
          : source.kind === "folder"
            ? await hashFolder(source.path)
            : hashBytes(await readFile(source.path)),
      libraries: entry.interface_libs,
      sdk: await hashFolder(sdkFolder()),
      node: entry.node_version ?? process.version,
      interpreter: entry.node_version === undefined ? process.execPath : null,
      platform: `${process.platform}-${process.arch}`,
    };
  }

  async build({ entry, baseDir, folder, steps }: BuildRequest): Promise<BuiltEnvironment> {
    const npm = await findProgram("npm", NPM_HINT);
    const packs = join(folder, "packages");
    await mkdir(packs, { recursive: true });
    const pack = async (source: string): Promise<{ readonly name: string; readonly spec: string }> => {
      const copy = join(packs, "staging");
      await copyPackage(source, copy);
      const { name } = await detachFromWorkspace(copy, source);
      const printed = await steps.run({
        title: `pack ${name}`,
        argv: [npm, "pack", "--json", "--ignore-scripts", "--loglevel=error", "--pack-destination", packs],
        cwd: copy,
      });
      await rm(copy, { recursive: true });
      return { name, spec: `file:packages/${packedFile(printed)}` };
    };

    const source = await sourceOf(entry.package, baseDir);
    const sdk = await pack(sdkFolder());
    const own = source.kind === "folder" ? await pack(source.path) : await this.#named(source);
    const dependencies: Record<string, string> = { [sdk.name]: sdk.spec, [own.name]: own.spec };
    for (const library of entry.interface_libs) {
      const { name, spec } = splitSpec(library);
      dependencies[name] = spec;
    }
    const node =
      entry.node_version === undefined ? null : `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
    if (node !== null && entry.node_version !== undefined) dependencies[node] = entry.node_version;
    await writeFile(
      join(folder, "package.json"),
      `${JSON.stringify({ name: "cjm-environment", private: true, type: "module", dependencies }, null, 2)}\n`,
    );
    await steps.run({
      title: "install packages",
      argv: [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=dev", "--no-progress", "--loglevel=error"],
      cwd: folder,
      hint: `Check 'package: ${entry.package}' and that the npm registry can be reached.`,
    });
    return {
      interpreter: node === null ? process.execPath : join("node_modules", node, "bin", "node"),
      resolved: {
        lock: await lockedPackages(folder),
        node: entry.node_version ?? process.version,
        platform: `${process.platform}-${process.arch}`,
      },
      module: own.name,
    };
  }

  /** A registry specifier carries its name; a tarball's is what npm finds inside. */
  async #named(source: Exclude<Source, { kind: "folder" }>): Promise<{ readonly name: string; readonly spec: string }> {
    if (source.kind === "registry") return splitSpec(source.spec);
    return { name: await tarballName(source.path), spec: `file:${source.path}` };
  }
}

type Source = { readonly kind: "registry"; readonly spec: string } | { readonly kind: "folder" | "tarball"; readonly path: string };

/** `./x`, `../x`, `/x` and `x.tgz` are paths; everything else is a registry specifier. @throws CjmError CJM_ENVIRONMENT_FAILED */
async function sourceOf(text: string, baseDir: string): Promise<Source> {
  if (!/^\.{0,2}\//.test(text) && !/\.(tgz|tar\.gz)$/.test(text)) return { kind: "registry", spec: text };
  const path = isAbsolute(text) ? text : resolve(baseDir, text);
  try {
    return { kind: (await stat(path)).isDirectory() ? "folder" : "tarball", path };
  } catch (error) {
    throw new CjmError("CJM_ENVIRONMENT_FAILED", `There is no package at ${path}.`, {
      hint: "Check 'package' in capabilities.yaml; paths are relative to that file.",
      cause: error,
    });
  }
}

function splitSpec(spec: string): { readonly name: string; readonly spec: string } {
  const at = spec.indexOf("@", 1);
  return at === -1 ? { name: spec, spec: "*" } : { name: spec.slice(0, at), spec: spec.slice(at + 1) };
}

/** What the lock says of every package, without where it came from. */
async function lockedPackages(folder: string): Promise<unknown> {
  const lock = JSON.parse(await readFile(join(folder, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version?: string; integrity?: string }>;
  };
  const packages = Object.entries(lock.packages).filter(([path]) => path !== "");
  return Object.fromEntries(
    packages.map(([path, { version, integrity }]) => [path, { version: version ?? null, integrity: integrity ?? null }]),
  );
}

function packedFile(printed: string): string {
  const [first] = Object.values(JSON.parse(printed.slice(printed.search(/[[{]/))) as Record<string, { filename: string }>);
  if (first === undefined) throw new Error("npm pack named no file");
  return first.filename;
}

/** The name in a tarball's package.json, read with the tar layout of npm: one gzip stream, 512-byte headers. */
async function tarballName(path: string): Promise<string> {
  const { gunzipSync } = await import("node:zlib");
  const bytes = gunzipSync(await readFile(path));
  for (let offset = 0; offset + 512 <= bytes.length; ) {
    const name = bytes.toString("utf8", offset, offset + 100).replace(/\0.*$/s, "");
    const size = Number.parseInt(bytes.toString("ascii", offset + 124, offset + 136), 8) || 0;
    if (/^[^/]+\/package\.json$/.test(name))
      return (JSON.parse(bytes.toString("utf8", offset + 512, offset + 512 + size)) as { name: string }).name;
    offset += 512 + Math.ceil(size / 512) * 512;
  }
  throw new CjmError("CJM_ENVIRONMENT_FAILED", `${path} is no npm package: it has no package.json.`, { hint: "Make one with 'npm pack'." });
}

function sdkFolder(): string {
  return dirname(fileURLToPath(import.meta.resolve(`${SDK}/package.json`)));
}
