import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describeIssues, errorMessage, type Manifest, ManifestSchema } from "@cjm/core";

export interface DiscoveredCapability {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly manifest: Manifest;
  /** Where the manifest was found. */
  readonly path: string;
}

export interface DiscoveryReport {
  /** By name; the first one seen wins. */
  readonly capabilities: readonly DiscoveredCapability[];
  /** Manifests of a name that an earlier one has. */
  readonly shadowed: readonly { readonly name: string; readonly path: string; readonly by: string }[];
  /** Files that are no v2 manifest, with the reason. They hide nothing else. */
  readonly broken: readonly { readonly path: string; readonly reason: string }[];
  /** Manifests for other platforms than this one. */
  readonly otherPlatform: readonly { readonly name: string; readonly path: string; readonly platforms: readonly string[] }[];
}

/** Reads every `*.json` directly inside the search paths, in order of path and file name. A missing path has no manifests. */
export function discoverManifests(searchPaths: readonly string[], platform: string = currentPlatform()): DiscoveryReport {
  const report = {
    capabilities: new Map<string, DiscoveredCapability>(),
    shadowed: [] as DiscoveryReport["shadowed"][number][],
    broken: [] as DiscoveryReport["broken"][number][],
    otherPlatform: [] as DiscoveryReport["otherPlatform"][number][],
  };
  for (const path of new Set(searchPaths.flatMap(manifestFiles))) {
    const read = readManifest(path);
    if (read === null) continue;
    if ("reason" in read) {
      report.broken.push({ path, reason: read.reason });
      continue;
    }
    const { name, version, description, resources } = read.manifest.code;
    const platforms = resources?.platforms ?? [];
    const earlier = report.capabilities.get(name);
    if (platforms.length > 0 && !platforms.includes(platform)) report.otherPlatform.push({ name, path, platforms });
    else if (earlier !== undefined) report.shadowed.push({ name, path, by: earlier.path });
    else report.capabilities.set(name, { name, version: version === "" ? "0.0.0" : version, description, manifest: read.manifest, path });
  }
  return { ...report, capabilities: [...report.capabilities.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** `<linux|darwin|win>-<x64|arm64|...>`, as manifests name platforms. */
export function currentPlatform(): string {
  return `${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
}

function manifestFiles(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .sort()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}

/** Null for an adapter manifest, which is of no capability. */
function readManifest(path: string): { readonly manifest: Manifest } | { readonly reason: string } | null {
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    return { reason: errorMessage(error) };
  }
  if (typeof document === "object" && document !== null && "unit" in document && document.unit === "adapter") return null;
  const parsed = ManifestSchema.safeParse(document);
  if (!parsed.success) return { reason: describeIssues(parsed.error).join("; ") };
  return parsed.data.code.name === "" ? { reason: "code.name is empty" } : { manifest: parsed.data };
}
