import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  CapabilitiesFileSchema,
  canonicalHash,
  describeIssues,
  ManifestSchema,
  manifestText,
  parseLosslessJson,
  runtimeOf,
} from "../../src/index.ts";

const original = readFileSync(new URL("fixtures/original-manifest.json", import.meta.url), "utf8");

describe("a manifest of the original", () => {
  test("is read as a conda environment with the original's worker", () => {
    const manifest = ManifestSchema.parse(JSON.parse(original));
    expect(manifest.install).toMatchObject({ runtime: "conda", worker: "substrate", environment_path: null });
    expect(manifest.code).toMatchObject({ name: "demo-capability", class: "DemoCapability" });
  });

  test("has the hashes that the original computed", () => {
    const manifest = parseLosslessJson(original) as {
      code: { config_schema: unknown; structural_surface: unknown };
      drift_tracking: Record<string, string>;
    };
    expect(canonicalHash(manifest.code.config_schema)).toBe(manifest.drift_tracking["config_schema_hash"]);
    expect(canonicalHash(manifest.code.structural_surface)).toBe(manifest.drift_tracking["structural_surface_hash"]);
  });

  test("survives a round through our writer", () => {
    const manifest = ManifestSchema.parse(JSON.parse(original));
    const text = manifestText(manifest);
    expect(text).not.toMatch(/[^\n -~]/);
    expect(text.endsWith("}")).toBe(true);
    expect(ManifestSchema.parse(JSON.parse(text))).toEqual(manifest);
    expect(JSON.parse(text)).not.toHaveProperty("install.environment_path");
  });
});

test("a manifest of another format is refused", () => {
  expect(ManifestSchema.safeParse({ format_version: "1.0", install: {}, code: {} }).success).toBe(false);
});

describe("capabilities.yaml", () => {
  test("an entry of the original is conda", () => {
    const file = CapabilitiesFileSchema.parse({ capabilities: [{ name: "whisper", env_name: "w", env_file: "env.yml", package: "x" }] });
    expect(file.capabilities.map(runtimeOf)).toEqual(["conda"]);
  });

  test("every fault is named with its field", () => {
    const result = CapabilitiesFileSchema.safeParse({
      capabilities: [
        { name: "a", package: "x" },
        { name: "b", package: "y", runtime: "cargo" },
        { name: "c", package: "z", runtime: "conda" },
      ],
    });
    expect(result.success).toBe(false);
    if (result.success) return;
    const lines = describeIssues(result.error).join("\n");
    expect(lines).toContain("capabilities[1].runtime");
  });

  test("two entries of one name are refused", () => {
    const entry = { name: "a", package: "x", runtime: "node" };
    const result = CapabilitiesFileSchema.safeParse({ capabilities: [entry, entry] });
    expect(result.success ? [] : describeIssues(result.error)).toEqual(["capabilities[1].name: 'a' stands twice; names are unique"]);
  });
});
