import { fileURLToPath } from "node:url";
import { CjmError, escapeNonAscii, type Manifest } from "@cjm/core";

export interface OriginalHostLauncherOptions {
  /** Of a capability that is installed for our own host. */
  readonly manifest: Manifest;
  /** Absolute path that the script will be saved under, executable: hosts of the original take it for the interpreter. */
  readonly launcherPath: string;
  /** Node that runs the bridge. @default the Node that runs this */
  readonly nodePath?: string;
  /** Absolute path of `python/run_worker.py` of @cjm/worker-python; a Python capability needs it. */
  readonly pythonWorkerPath?: string;
}

export interface OriginalHostLauncher {
  /** Text of the file at `launcherPath`. */
  readonly script: string;
  /** Text of the manifest for the original's host; its place is `<that host's data directory>/manifests/<name>.json`. */
  readonly manifest: string;
}

/**
 * Writes what a host of the original needs to run a capability of ours: a script that it starts in place of a Python
 * interpreter, and a manifest that names it. Only text; nothing is read and nothing is saved.
 * @throws CjmError CJM_MANIFEST_INVALID for a capability that runs on the original's worker anyway, and for one for Python
 *   without `pythonWorkerPath`
 */
export function originalHostLauncher(options: OriginalHostLauncherOptions): OriginalHostLauncher {
  const { manifest, launcherPath, nodePath = process.execPath } = options;
  const environment = manifest.install.environment_path;
  const words = [
    nodePath,
    "--disable-warning=ExperimentalWarning",
    program("@cjm/worker/original-host"),
    ...workerCommand(options).flatMap((word) => ["--worker", word]),
    ...(environment === null ? [] : ["--environment", environment]),
  ];
  return {
    script: [
      "#!/bin/sh",
      `# Stands for a Python interpreter to hosts of the original, which start the worker of ${oneLine(manifest.code.name)} with it.`,
      // Whatever carries the mark of a worker's life is ended with the worker; what is started here outlives it by a moment.
      "session=$CJM_WORKER_SESSION_ID",
      "unset CJM_WORKER_SESSION_ID",
      `exec ${words.map(quoteForShell).join(" ")} --session "$session" -- "$@"`,
      "",
    ].join("\n"),
    manifest: originalManifestText(manifest, launcherPath),
  };
}

function workerCommand({ manifest, pythonWorkerPath }: OriginalHostLauncherOptions): readonly string[] {
  const { python_path: interpreter, worker } = manifest.install;
  switch (worker) {
    case "node":
      return [interpreter, "--disable-warning=ExperimentalWarning", program("@cjm/worker/main")];
    case "python":
      if (pythonWorkerPath !== undefined) return [interpreter, "-u", pythonWorkerPath];
      throw new CjmError("CJM_MANIFEST_INVALID", `${manifest.code.name} is a Python capability, and no Python worker was named.`, {
        hint: "Give 'pythonWorkerPath', the path of python/run_worker.py in @cjm/worker-python.",
      });
    case "substrate":
      throw new CjmError("CJM_MANIFEST_INVALID", `${manifest.code.name} is served by the original's own worker.`, {
        hint: "Give the host of the original its manifest as it is.",
      });
    default:
      return worker satisfies never;
  }
}

/** Published packages hold the compiled program, a checkout its source. */
function program(specifier: string): string {
  return fileURLToPath(import.meta.resolve(specifier));
}

/** Members and order are the original's; ours beyond them would make a host of ours start the script in a wrong way. */
function originalManifestText({ install, code, drift_tracking, overrides }: Manifest, launcherPath: string): string {
  const { conda_env, db_path, env_vars, installed_at, installer_version, package_source } = install;
  const { name, version, description, module, resources, config_schema, worker_env, regenerated_at, structural_surface } = code;
  const text = JSON.stringify(
    {
      format_version: "2.0",
      install: { python_path: launcherPath, conda_env, db_path, env_vars, installed_at, installer_version, package_source },
      code: {
        name,
        version,
        description,
        module,
        class: code.class,
        ...present({ resources, config_schema, worker_env, regenerated_at, structural_surface }),
      },
      drift_tracking,
      overrides,
    },
    null,
    2,
  );
  return escapeNonAscii(text);
}

function present(members: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== null && value !== undefined));
}

function quoteForShell(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, " ");
}
