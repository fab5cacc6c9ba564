import { describe, expect, test } from "vitest";
import { effectiveManifest, type Manifest, ManifestSchema } from "../../src/index.ts";

function manifest(overrides: unknown): Manifest {
  return ManifestSchema.parse({
    format_version: "2.0",
    install: { python_path: "/env/bin/python", env_vars: { A: "1", B: "2" } },
    code: {
      name: "tool",
      version: "1.0.0",
      module: "tool",
      class: "Tool",
      resources: { requires_gpu: true, platforms: ["linux-x64"] },
      config_schema: { type: "object", properties: { model: { type: "string", default: "small" } } },
    },
    drift_tracking: { config_schema_hash: "sha256:1" },
    overrides,
  });
}

describe("overrides", () => {
  test("are merged into objects, replace everything else, and take away with null", () => {
    const effective = effectiveManifest(
      manifest({
        install: { env_vars: { A: null, C: "3" }, python_path: "/other/python" },
        code: { resources: { requires_gpu: false }, config_schema: { properties: { model: { default: "large" } } } },
      }),
    );
    expect(effective.install).toMatchObject({ python_path: "/other/python", env_vars: { B: "2", C: "3" } });
    expect(effective.install.env_vars).not.toHaveProperty("A");
    expect(effective.code.resources).toMatchObject({ requires_gpu: false, platforms: ["linux-x64"] });
    expect(effective.code.config_schema).toEqual({ type: "object", properties: { model: { type: "string", default: "large" } } });
    expect(effective.drift_tracking.config_schema_hash).toBe("sha256:1");
  });

  test("that are notes change nothing", () => {
    const plain = manifest({ mine: true });
    expect(effectiveManifest(plain)).toBe(plain);
  });

  test.each([
    [{ code: { name: "other" } }, "overrides.code.name: cannot be overridden"],
    [{ install: { environment_path: "/elsewhere" } }, "overrides.install.environment_path: cannot be overridden"],
    [{ code: [] }, "overrides.code: must be an object"],
    [{ install: { env_vars: { A: 1 } } }, "overrides: install.env_vars.A"],
  ])("%j is refused with every fault", (overrides, fault) => {
    expect(() => effectiveManifest(manifest(overrides))).toThrow(fault);
  });
});
