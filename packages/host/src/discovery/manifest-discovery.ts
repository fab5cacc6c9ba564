import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type AdapterManifest,
  AdapterManifestSchema,
  describeIssues,
  effectiveManifest,
  errorMessage,
  fileFault,
  isAdapterDocument,
  type Manifest,
  ManifestSchema,
  systemErrorCode,
} from "@cjm/core";

export interface DiscoveredCapability {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** With its overrides laid over it. */
  readonly manifest: Manifest;
  /** Where the manifest was found. */
  readonly path: string;
}

export interface DiscoveredAdapter {
  /** `<module>.<Class>`. */
  readonly name: string;
  readonly task: string;
  readonly manifest: AdapterManifest;
  readonly path: string;
}

/** A manifest that is not used, since an earlier one has its name. */
export interface ShadowedManifest {
  readonly name: string;
  readonly path: string;
  readonly by: string;
}

export interface DiscoveryReport {
  /** By name; the first one seen wins. */
  readonly capabilities: readonly DiscoveredCapability[];
  /** In order of search path and file name, which is the order in which they are bound. */
  readonly adapters: readonly DiscoveredAdapter[];
  readonly shadowed: readonly ShadowedManifest[];
  /** Files that are no v2 manifest, and folders that cannot be read, with the reason. They hide nothing else. */
  readonly broken: readonly { readonly path: string; readonly reason: string }[];
  /** Manifests for other platforms than this one. */
  readonly otherPlatform: readonly { readonly name: string; readonly path: string; readonly platforms: readonly string[] }[];
}

export const NOTHING_DISCOVERED: DiscoveryReport = { capabilities: [], adapters: [], shadowed: [], broken: [], otherPlatform: [] };

/** Reads every `*.json` directly inside the search paths, in order of path and file name. A missing path has no manifests. */
export function discoverManifests(searchPaths: readonly string[], platform: string = currentPlatform()): DiscoveryReport {
  const capabilities = new Map<string, DiscoveredCapability>();
  const adapters = new Map<string, DiscoveredAdapter>();
  const shadowed: ShadowedManifest[] = [];
  const broken: DiscoveryReport["broken"][number][] = [];
  const otherPlatform: DiscoveryReport["otherPlatform"][number][] = [];

  const listings = [...new Set(searchPaths)].map(manifestFiles);
  for (const listing of listings) if (listing.fault !== null) broken.push({ path: listing.folder, reason: listing.fault });
  for (const path of listings.flatMap(({ files }) => files)) {
    const read = readManifest(path);
    if (read.kind === "broken") {
      broken.push({ path, reason: read.reason });
    } else if (read.kind === "adapter") {
      const { name, task_name: task } = read.manifest;
      const earlier = adapters.get(name);
      if (earlier === undefined) adapters.set(name, { name, task, manifest: read.manifest, path });
      else shadowed.push({ name, path, by: earlier.path });
    } else {
      const { name, version, description, resources } = read.manifest.code;
      const platforms = resources?.platforms ?? [];
      const earlier = capabilities.get(name);
      if (platforms.length > 0 && !platforms.includes(platform)) otherPlatform.push({ name, path, platforms });
      else if (earlier !== undefined) shadowed.push({ name, path, by: earlier.path });
      else capabilities.set(name, { name, version: version === "" ? "0.0.0" : version, description, manifest: read.manifest, path });
    }
  }
  return {
    capabilities: [...capabilities.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    adapters: [...adapters.values()],
    shadowed,
    broken,
    otherPlatform,
  };
}

/** `<linux|darwin|win>-<x64|arm64|...>`, as manifests name platforms. */
export function currentPlatform(): string {
  return `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
}

/** A folder that is not there has no manifests; one that cannot be read must not look the same. */
function manifestFiles(folder: string): { readonly folder: string; readonly files: readonly string[]; readonly fault: string | null } {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
    return { folder, files: names.sort().map((name) => join(folder, name)), fault: null };
  } catch (error) {
    const isMissing = systemErrorCode(error) === "ENOENT";
    return { folder, files: [], fault: isMissing ? null : fileFault(error) };
  }
}

type ReadManifest =
  | { readonly kind: "capability"; readonly manifest: Manifest }
  | { readonly kind: "adapter"; readonly manifest: AdapterManifest }
  | { readonly kind: "broken"; readonly reason: string };

function readManifest(path: string): ReadManifest {
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    return { kind: "broken", reason: fileFault(error) };
  }
  if (isAdapterDocument(document)) {
    const parsed = AdapterManifestSchema.safeParse(document);
    if (!parsed.success) return { kind: "broken", reason: describeIssues(parsed.error).join("; ") };
    return { kind: "adapter", manifest: parsed.data };
  }
  const parsed = ManifestSchema.safeParse(document);
  if (!parsed.success) return { kind: "broken", reason: describeIssues(parsed.error).join("; ") };
  if (parsed.data.code.name === "") return { kind: "broken", reason: "code.name is empty" };
  try {
    return { kind: "capability", manifest: effectiveManifest(parsed.data) };
  } catch (error) {
    return { kind: "broken", reason: errorMessage(error) };
  }
}
