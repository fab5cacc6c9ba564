import { fileURLToPath } from "node:url";
import { ORIGINAL_WORKER } from "@cjm/testing";
import { writeProbeManifests } from "../../probe-manifests.ts";
import type { AcceptanceHost } from "./acceptance-host.ts";

export const LANGUAGES = ["node", "python"] as const;

const folder = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** The capability whose hooks do what its configuration says, in both languages. */
const LIFECYCLE_PROBES = {
  node: {
    install: { python_path: process.execPath, runtime: "node", worker: "node", environment_path: folder("../../conformance/probes/node") },
    code: { module: "./src/lifecycle-probe.ts", class: "LifecycleProbe" },
  },
  python: {
    install: {
      python_path: "python3",
      runtime: "venv",
      worker: "python",
      environment_path: folder("../../../packages/worker-python/test/fixtures/probe"),
    },
    code: { module: "lifecycle_probe", class: "LifecycleProbe" },
  },
} as const;

/** Installs the probe capability of both languages, under the names `node` and `python`. */
export function installProbes(host: AcceptanceHost): void {
  writeProbeManifests(host.folder.path);
  host.manager.discover();
}

export function installLifecycleProbe(host: AcceptanceHost, name: string, language: keyof typeof LIFECYCLE_PROBES): void {
  host.write(name, LIFECYCLE_PROBES[language]);
}

/** Installs a capability that a worker of the original serves. */
export function installOriginal(host: AcceptanceHost, name: string): void {
  host.write(name, {
    install: { python_path: "python3", worker: "substrate", env_vars: { PYTHONPATH: ORIGINAL_WORKER.pythonPath } },
    code: { module: ORIGINAL_WORKER.module, class: ORIGINAL_WORKER.className },
  });
}
