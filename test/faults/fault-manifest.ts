import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ManifestSchema, manifestText } from "@cjm/core";
import { writeScriptedManifest } from "@cjm/testing";

export type WorkerLanguage = "node" | "python" | "scripted";

const PROBES = {
  node: {
    install: { runtime: "node", worker: "node", python_path: process.execPath, environment_path: path("probes/node") },
    module: "@cjm/fault-probe",
  },
  python: {
    install: { runtime: "venv", worker: "python", python_path: "python3", environment_path: path("probes/python") },
    module: "fault_probe",
  },
};

/** The manifest of a fault probe in `folder/manifests`. */
export function writeFaultManifest(folder: string, language: WorkerLanguage, name: string, className?: string): void {
  if (language === "scripted") {
    writeScriptedManifest(folder, name, className);
    return;
  }
  const { install, module } = PROBES[language];
  const code = { module, class: className ?? "FaultProbe", name, version: "1.0.0" };
  mkdirSync(join(folder, "manifests"), { recursive: true });
  writeFileSync(join(folder, "manifests", `${name}.json`), manifestText(ManifestSchema.parse({ format_version: "2.0", install, code })));
}

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
