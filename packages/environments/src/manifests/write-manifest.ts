import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type CapabilityEntry, formatTimestamp, type Manifest, ManifestSchema, manifestText } from "@cjm/core";
import type { Environment } from "../store/environment-store.ts";
import { replaceFile } from "../store/replace-file.ts";
import type { Introspection } from "./introspection.ts";

export interface ManifestInputs {
  /** What of capabilities.yaml stands in a manifest. */
  readonly entry: Pick<CapabilityEntry, "env_name" | "package" | "resources"> & { readonly env_vars?: CapabilityEntry["env_vars"] };
  readonly environment: Environment;
  readonly introspection: Introspection;
  readonly installerVersion: string;
  /** Whole output of the installation. */
  readonly logPath: string;
  /** When the environment was installed, if not now; a timestamp. */
  readonly installedAt?: string;
  /** Unix milliseconds. */
  readonly nowMs: number;
}

/** Writes `<folder>/<capability name>.json`, keeping what an operator put into an earlier one. @returns its path */
export async function writeManifest(folder: string, inputs: ManifestInputs): Promise<string> {
  const path = join(folder, `${inputs.introspection.name}.json`);
  const manifest = manifestOf(inputs, await readManifest(path));
  await mkdir(folder, { recursive: true });
  await replaceFile(path, manifestText(manifest));
  return path;
}

/** Null when there is none, or none that can be understood. */
export async function readManifest(path: string): Promise<Manifest | null> {
  try {
    return ManifestSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return null;
  }
}

/** The manifest of a fresh installation; `overrides`, environment variables, database path and resources of `earlier` stay. */
export function manifestOf(
  { entry, environment, introspection, installerVersion, logPath, installedAt, nowMs }: ManifestInputs,
  earlier: Manifest | null,
): Manifest {
  const now = formatTimestamp(nowMs);
  return ManifestSchema.parse({
    format_version: "2.0",
    install: {
      python_path: environment.interpreter,
      conda_env: environment.kind === "conda" ? (entry.env_name ?? "") : "",
      db_path: earlier?.install.db_path ?? "",
      env_vars: { ...earlier?.install.env_vars, ...entry.env_vars },
      installed_at: installedAt ?? now,
      installer_version: installerVersion,
      package_source: entry.package,
      runtime: environment.kind,
      worker: environment.kind === "node" ? "node" : "python",
      environment_path: environment.path,
      environment_hash: environment.hash,
      environment_lock: environment.lock,
      install_log: logPath,
    },
    code: {
      name: introspection.name,
      version: introspection.version,
      description: introspection.description,
      module: introspection.module,
      class: introspection.class,
      resources: entry.resources ?? earlier?.code.resources ?? null,
      config_schema: introspection.config_schema ?? null,
      worker_env: (introspection.worker_env ?? []).length === 0 ? null : introspection.worker_env,
      actions: introspection.actions ?? null,
      regenerated_at: now,
      structural_surface: introspection.structural_surface ?? null,
    },
    drift_tracking: {
      config_schema_hash: introspection.hashes.configSchema,
      structural_surface_hash: introspection.hashes.surface,
    },
    overrides: earlier?.overrides ?? {},
  });
}
