import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type CjmConfig, type CjmConfigFile, CjmConfigFileSchema, CjmError } from "@cjm/core";
import { readYamlDocument } from "../documents/read-yaml-document.ts";

/** Where a value came from; the first that has one wins. */
export type ConfigSource = "option" | "environment" | "file" | "default";

export interface ConfigRequest {
  /** Where the search for `cjm.yaml` begins, upwards. @default process.cwd() */
  readonly cwd?: string;
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** This `cjm.yaml` and no other; it must exist. */
  readonly configPath?: string;
  readonly dataDir?: string;
}

export interface ResolvedConfig {
  readonly config: CjmConfig;
  /** The `cjm.yaml` in force; null when there is none. */
  readonly file: string | null;
  readonly sources: Readonly<Record<"dataDir" | "capabilitiesFile" | "modelsDir" | "condaPrefix" | "condaType", ConfigSource>>;
}

/**
 * The configuration in force: option over environment (`CJM_DATA_DIR`, `CJM_CONDA_PREFIX`, `CJM_CONDA_TYPE`) over the
 * nearest `cjm.yaml` over defaults (`~/.cjm`). Paths of the file are relative to its folder; `~` is the home directory.
 * @throws CjmError CJM_CONFIG_INVALID naming file, line and field
 */
export async function resolveConfig(request: ConfigRequest = {}): Promise<ResolvedConfig> {
  const env = request.env ?? process.env;
  const cwd = resolve(request.cwd ?? process.cwd());
  const home = env["HOME"] ?? homedir();
  const file = request.configPath === undefined ? await findUpwards(cwd, "cjm.yaml") : resolve(cwd, expandHome(request.configPath, home));
  const yaml: CjmConfigFile = file === null ? CjmConfigFileSchema.parse({}) : await readConfigFile(file);
  const base = file === null ? cwd : dirname(file);
  const fromFile = (path: string | null | undefined): string | null => (path == null ? null : resolve(base, expandHome(path, home)));
  const fromShell = (path: string | null): string | null => (path === null ? null : resolve(cwd, expandHome(path, home)));

  const dataDir = firstOf({
    option: fromShell(request.dataDir ?? null),
    environment: fromShell(variable(env, "CJM_DATA_DIR")),
    file: fromFile(yaml.data_dir),
    default: join(home, ".cjm"),
  });
  const capabilitiesFile = firstOf({ file: fromFile(yaml.capabilities_config), default: resolve(base, "capabilities.yaml") });
  const modelsDir = firstOf({ file: fromFile(yaml.models_dir), default: null });
  const condaPrefix = firstOf({
    environment: fromShell(variable(env, "CJM_CONDA_PREFIX")),
    file: fromFile(yaml.runtime?.prefix),
    default: null,
  });
  const binaries = Object.entries(yaml.runtime?.binaries ?? {}).map(([platform, path]) => [platform, fromFile(path) ?? path] as const);
  const condaType = firstOf({
    environment: condaTypeOf(variable(env, "CJM_CONDA_TYPE")),
    file: yaml.runtime?.conda_type ?? null,
    default: "conda" as const,
  });

  return {
    file,
    sources: {
      dataDir: dataDir.source,
      capabilitiesFile: capabilitiesFile.source,
      modelsDir: modelsDir.source,
      condaPrefix: condaPrefix.source,
      condaType: condaType.source,
    },
    config: {
      dataDir: dataDir.value,
      capabilitiesFile: capabilitiesFile.value,
      modelsDir: modelsDir.value,
      runtime: {
        mode: yaml.runtime?.mode ?? "system",
        condaType: condaType.value,
        prefix: condaPrefix.value,
        binaries: Object.fromEntries(binaries),
        ...(yaml.runtime?.micromamba == null ? {} : { micromamba: yaml.runtime.micromamba }),
      },
      driftDetection: yaml.substrate?.drift_detection ?? true,
      empiricalTracking: yaml.substrate?.empirical_tracking ?? true,
      stallThresholdMs: (yaml.substrate?.prefetch_stall_threshold_seconds ?? 60) * 1000,
      diagnosticsRetentionDays: yaml.substrate?.diagnostics_retention_days ?? 30,
      stallCountsSilence: yaml.substrate?.stall_counts_silence ?? false,
      inheritEnvironment: yaml.substrate?.inherit_environment ?? false,
      diagnosticsRetentionMaxMb: yaml.substrate?.diagnostics_retention_max_mb ?? null,
    },
  };
}

function readConfigFile(path: string): Promise<CjmConfigFile> {
  return readYamlDocument(path, {
    title: "configuration file",
    schema: CjmConfigFileSchema,
    code: "CJM_CONFIG_INVALID",
    missingHint: "Name one that exists with --cjm-config, or leave the option out.",
    yamlVersion: "1.1",
  });
}

async function findUpwards(from: string, name: string): Promise<string | null> {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, name);
    if (await exists(candidate)) return candidate;
    if (dirname(folder) === folder) return null;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

function firstOf<T>(layers: { readonly [source in ConfigSource]?: T | null } & { readonly default: T }): {
  readonly value: T;
  readonly source: ConfigSource;
} {
  for (const source of ["option", "environment", "file"] as const) {
    const value = layers[source];
    if (value != null) return { value, source };
  }
  return { value: layers.default, source: "default" };
}

function variable(env: Readonly<Record<string, string | undefined>>, name: string): string | null {
  const value = env[name];
  return value === undefined || value === "" ? null : value;
}

function condaTypeOf(text: string | null): CjmConfig["runtime"]["condaType"] | null {
  if (text === null) return null;
  if (text === "micromamba" || text === "miniforge" || text === "conda") return text;
  throw new CjmError("CJM_CONFIG_INVALID", `CJM_CONDA_TYPE is '${text}'.`, {
    hint: "Set it to micromamba, miniforge or conda, or unset it.",
  });
}

function expandHome(path: string, home: string): string {
  return path === "~" || path.startsWith("~/") ? join(home, path.slice(1)) : path;
}
