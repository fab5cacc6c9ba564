import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ManifestSchema, manifestText } from "@cjm/core";

const PROBES = {
  node: {
    install: { runtime: "node", worker: "node", python_path: process.execPath, environment_path: path("conformance/probes/node") },
    code: { module: "@cjm/conformance-probe", class: "Probe" },
  },
  python: {
    install: {
      runtime: "venv",
      worker: "python",
      python_path: "python3",
      environment_path: path("../packages/worker-python/test/fixtures/probe"),
    },
    code: { module: "probe", class: "Probe" },
  },
};

/** The probe capability of both languages as manifests `node` and `python` of a data directory, without installing anything. */
export function writeProbeManifests(dataDir: string): void {
  mkdirSync(join(dataDir, "manifests"), { recursive: true });
  for (const [name, { install, code }] of Object.entries(PROBES)) {
    const manifest = ManifestSchema.parse({ format_version: "2.0", install, code: { ...code, name, version: "1.0.0" } });
    writeFileSync(join(dataDir, "manifests", `${name}.json`), manifestText(manifest));
  }
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
