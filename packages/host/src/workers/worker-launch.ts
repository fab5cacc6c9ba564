import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CjmError, type Manifest } from "@cjm/core";

export interface WorkerLaunch {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * The program and arguments that serve a manifest's capability on `socketPath`, with adapters as `module:Class`. The manifest
 * names the kind of worker; nothing else of the host knows a language.
 * @throws CjmError CJM_MANIFEST_INVALID for a manifest that cannot be started
 */
export function workerLaunch(manifest: Manifest, socketPath: string, adapters: readonly string[] = []): WorkerLaunch {
  const { install, code } = manifest;
  if (install.python_path === "") {
    throw new CjmError("CJM_MANIFEST_INVALID", `The manifest of ${code.name} names no interpreter (install.python_path).`, {
      hint: "Run 'cjm-ctl install-all --force' to write it anew.",
    });
  }
  const target = ["--module", code.module, "--class", code.class];
  const bound = adapters.length === 0 ? [] : ["--adapters", adapters.join(",")];
  const common = [...target, ...environmentArgument(install.environment_path), "--socket", socketPath, ...bound];
  switch (install.worker) {
    case "node":
      return { command: install.python_path, args: ["--disable-warning=ExperimentalWarning", nodeWorkerEntry(), ...common] };
    case "python":
      return { command: install.python_path, args: ["-u", pythonProgram("run_worker.py"), ...common] };
    case "substrate":
      // Served on a port that its keeper picks and reports.
      return { command: install.python_path, args: ["-u", pythonProgram("run_original.py"), ...target, ...bound] };
    default:
      return install.worker satisfies never;
  }
}

function environmentArgument(path: string | null): readonly string[] {
  return path === null ? [] : ["--environment", path];
}

/** Published packages hold the compiled entry, a checkout the source. */
function nodeWorkerEntry(): string {
  return fileURLToPath(import.meta.resolve("@cjm/worker/main"));
}

function pythonProgram(name: string): string {
  return join(dirname(fileURLToPath(import.meta.resolve("@cjm/worker-python/package.json"))), "python", name);
}
