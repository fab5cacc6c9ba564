import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CjmError, type Manifest } from "@cjm/core";

export interface WorkerLaunch {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * The program and arguments that serve a manifest's capability on `socketPath`. The manifest names the kind of worker;
 * nothing else of the host knows a language.
 * @throws CjmError CJM_MANIFEST_INVALID for a manifest that cannot be started
 */
export function workerLaunch(manifest: Manifest, socketPath: string): WorkerLaunch {
  const { install, code } = manifest;
  if (install.python_path === "") {
    throw new CjmError("CJM_MANIFEST_INVALID", `The manifest of ${code.name} names no interpreter (install.python_path).`, {
      hint: "Run 'cjm-ctl install-all --force' to write it anew.",
    });
  }
  const common = ["--module", code.module, "--class", code.class, ...environmentArgument(install.environment_path), "--socket", socketPath];
  switch (install.worker) {
    case "node":
      return { command: install.python_path, args: ["--disable-warning=ExperimentalWarning", nodeWorkerEntry(), ...common] };
    case "python":
      return { command: install.python_path, args: ["-u", pythonWorkerEntry(), ...common] };
    case "substrate":
      throw new CjmError(
        "CJM_WORKER_START_FAILED",
        `${code.name} is served by a worker of the original, which this host does not start yet.`,
        {
          hint: "Install it with 'cjm-ctl install-all', which writes a manifest for our own Python worker.",
        },
      );
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

function pythonWorkerEntry(): string {
  return join(dirname(fileURLToPath(import.meta.resolve("@cjm/worker-python/package.json"))), "python", "run_worker.py");
}
