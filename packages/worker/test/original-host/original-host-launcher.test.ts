import { ManifestSchema } from "@cjm/core";
import { describe, expect, test } from "vitest";
import { originalHostLauncher } from "../../src/original-host/original-host-launcher.ts";

const manifest = ManifestSchema.parse({
  format_version: "2.0",
  install: { python_path: "/env/it's/bin/python", worker: "python", runtime: "venv", environment_path: "/env/it's", env_vars: { A: "1" } },
  code: {
    name: "words",
    version: "1.2.0",
    description: "Zählt",
    module: "words.main",
    class: "Words",
    config_schema: { type: "object" },
    actions: [{ name: "count" }],
  },
  drift_tracking: { config_schema_hash: "sha256:1", structural_surface_hash: null },
  overrides: { kept: true },
});
const options = { manifest, launcherPath: "/opt/words", nodePath: "/opt/node 24/bin/node", pythonWorkerPath: "/cjm/run_worker.py" };

describe("originalHostLauncher", () => {
  test("a script that runs the bridge with the right worker, whatever its paths hold", () => {
    const { script } = originalHostLauncher(options);
    const [shebang, , ...lines] = script.split("\n");
    const command = lines[2];
    expect([shebang, lines]).toEqual(["#!/bin/sh", ["session=$CJM_WORKER_SESSION_ID", "unset CJM_WORKER_SESSION_ID", command, ""]]);
    expect(command).toMatch(/^exec '\/opt\/node 24\/bin\/node' '--disable-warning=ExperimentalWarning' '\/.*\/original-host\/main\.ts' /);
    expect(command).toContain(`'--worker' '/env/it'\\''s/bin/python' '--worker' '-u' '--worker' '/cjm/run_worker.py'`);
    expect(command).toMatch(/ '--environment' '\/env\/it'\\''s' --session "\$session" -- "\$@"$/);
  });

  test("a Node capability runs on our worker for Node", () => {
    const node = { ...manifest, install: { ...manifest.install, worker: "node" as const, python_path: "/node" } };
    const { script } = originalHostLauncher({ manifest: node, launcherPath: "/opt/words" });
    expect(script).toContain(`exec '${process.execPath}' `);
    expect(script).toMatch(
      /'--worker' '\/node' '--worker' '--disable-warning=ExperimentalWarning' '--worker' '\/.*\/worker\/src\/[a-z]+\.m?[jt]s' '--environment'/,
    );
  });

  test("a manifest as the original writes it, with the script for its interpreter", () => {
    const text = originalHostLauncher(options).manifest;
    expect(text).toContain("Z\\u00e4hlt");
    expect(text).not.toMatch(/\n$/);
    expect(JSON.parse(text)).toEqual({
      format_version: "2.0",
      install: {
        python_path: "/opt/words",
        conda_env: "",
        db_path: "",
        env_vars: { A: "1" },
        installed_at: "",
        installer_version: "",
        package_source: "",
      },
      code: {
        name: "words",
        version: "1.2.0",
        description: "Zählt",
        module: "words.main",
        class: "Words",
        config_schema: { type: "object" },
      },
      drift_tracking: { config_schema_hash: "sha256:1", structural_surface_hash: null },
      overrides: { kept: true },
    });
  });

  test.each([
    ["a Python capability without a worker", { ...options, pythonWorkerPath: undefined }, "no Python worker was named"],
    [
      "a capability of the original",
      { ...options, manifest: { ...manifest, install: { ...manifest.install, worker: "substrate" as const } } },
      "own worker",
    ],
  ])("%s is refused", (_name, { pythonWorkerPath, ...given }, message) => {
    const wrong = { ...given, ...(pythonWorkerPath === undefined ? {} : { pythonWorkerPath }) };
    expect(() => originalHostLauncher(wrong)).toThrow(
      expect.objectContaining({ code: "CJM_MANIFEST_INVALID", message: expect.stringContaining(message) }),
    );
  });
});
