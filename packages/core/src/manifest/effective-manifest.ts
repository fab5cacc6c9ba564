import { CjmError } from "../errors/cjm-error.ts";
import { describeIssues } from "../internal/zod-issues.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import { type Manifest, ManifestSchema } from "./manifest.ts";

const SECTIONS = ["install", "code"] as const;

/** What says which manifest this is, and what a host compares a worker with. */
const FIXED: Readonly<Record<(typeof SECTIONS)[number], readonly string[]>> = {
  install: ["environment_path", "environment_hash", "environment_lock"],
  code: ["name", "structural_surface"],
};

/**
 * A manifest as hosts use it: `overrides.install` and `overrides.code` laid over the sections of those names, as a JSON merge
 * patch (RFC 7396): objects are merged, everything else is replaced, null takes a member away. Other members of `overrides`
 * are notes and have no effect. The file itself, and what drift is measured against, stay as they are.
 * @throws CjmError CJM_MANIFEST_INVALID when an override is of the wrong type, or of something that cannot be overridden
 */
export function effectiveManifest(manifest: Manifest): Manifest {
  const faults: string[] = [];
  const merged: Record<string, unknown> = { ...manifest };
  for (const section of SECTIONS) {
    const patch = manifest.overrides[section] as JsonValue | undefined;
    if (patch === undefined) continue;
    if (!isJsonObject(patch)) {
      faults.push(`overrides.${section}: must be an object`);
      continue;
    }
    const fixed = Object.keys(patch).filter((key) => FIXED[section].includes(key));
    faults.push(...fixed.map((key) => `overrides.${section}.${key}: cannot be overridden`));
    merged[section] = mergePatch(manifest[section], patch);
  }
  if (SECTIONS.every((section) => merged[section] === manifest[section]) && faults.length === 0) return manifest;
  const parsed = ManifestSchema.safeParse(merged);
  if (!parsed.success) faults.push(...describeIssues(parsed.error).map((fault) => `overrides: ${fault}`));
  if (parsed.success && faults.length === 0) return parsed.data;
  throw new CjmError("CJM_MANIFEST_INVALID", `The overrides of ${manifest.code.name} do not fit: ${faults.join("; ")}.`, {
    hint: "Correct 'overrides' in the manifest; docs/reference/manifest-overrides.md has what it can say.",
    details: { faults },
  });
}

function mergePatch(target: unknown, patch: JsonValue): unknown {
  if (!isJsonObject(patch)) return patch;
  const merged = new Map<string, unknown>(Object.entries(isJsonObject(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}
