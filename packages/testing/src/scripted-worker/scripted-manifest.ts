import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type JsonObject, ManifestSchema, manifestText } from "@cjm/core";

/**
 * Writes the manifest of a capability that the scripted worker serves into `folder/manifests`. The class name says how that
 * worker starts, the `action` of a call what it does; `code` and `install` are laid over those sections of the manifest.
 */
export function writeScriptedManifest(
  folder: string,
  name: string,
  className = "Plain",
  code: JsonObject = {},
  install: JsonObject = {},
): void {
  const manifest = ManifestSchema.parse({
    format_version: "2.0",
    install: { python_path: writeWrapper(folder), runtime: "node", worker: "node", environment_path: folder, ...install },
    code: { name, version: "1.0.0", module: "scripted", class: className, ...code },
  });
  mkdirSync(join(folder, "manifests"), { recursive: true });
  writeFileSync(join(folder, "manifests", `${name}.json`), manifestText(manifest));
}

/** Stands for the interpreter: what a host says of the program it would run is dropped, its options are passed on. */
function writeWrapper(folder: string): string {
  const wrapper = join(folder, "worker.sh");
  const program = fileURLToPath(import.meta.resolve("@cjm/testing/scripted-worker"));
  const start = `exec '${process.execPath}' '${program}' "$@"`;
  writeFileSync(wrapper, `#!/bin/sh\nwhile [ "$1" != --module ]; do shift; done\n${start}\n`);
  chmodSync(wrapper, 0o755);
  return wrapper;
}
