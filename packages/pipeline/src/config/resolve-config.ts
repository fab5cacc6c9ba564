import { access } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import {
  type CjmConfig,
  type CjmConfigFile,
  CjmConfigFileSchema,
  CjmError,
  configSettings,
  didYouMean,
  type JsonValue,
  unknownConfigKeys,
} from "@cjm/core";
import { openYamlDocument, type YamlDocument } from "../documents/read-yaml-document.ts";
import { type ConfigValue, chooseLayer, type Layers } from "./config-layers.ts";
import { expandHome, homeOf } from "./expand-home.ts";
import { findUpwards } from "./find-upwards.ts";
import { findWorkspace, type Workspace, workspaceLayout } from "./workspace.ts";

export interface ConfigRequest {
  /** Where the search for `cjm.yaml` and the workspace begins, upwards. @default process.cwd() */
  readonly cwd?: string;
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** This `cjm.yaml` and no other; it must exist. */
  readonly configPath?: string;
  readonly dataDir?: string;
  readonly condaPrefix?: string;
  /** @throws CjmError CJM_CONFIG_INVALID when it is none of micromamba, miniforge, conda */
  readonly condaType?: string;
  /** Root of this workspace and no other; it must hold the marker. */
  readonly workspace?: string;
}

export interface ResolvedConfig {
  readonly config: CjmConfig;
  /** The `cjm.yaml` in force; null when there is none. */
  readonly file: string | null;
  readonly workspace: Workspace | null;
  /** Every value with where it came from, in the order of the reference. */
  readonly values: readonly ConfigValue[];
  /** Keys of the file that mean nothing, one sentence each, with file and line. */
  readonly warnings: readonly string[];
}

/**
 * The configuration in force: option over environment (`CJM_DATA_DIR`, `CJM_CONDA_PREFIX`, `CJM_CONDA_TYPE`) over the nearest
 * `cjm.yaml` (else that of the workspace) over the workspace over defaults. Paths of the file are relative to its folder, other
 * ones to the working folder; `~` is the home directory.
 * @throws CjmError CJM_CONFIG_INVALID naming file, line and field
 */
export async function resolveConfig(request: ConfigRequest = {}): Promise<ResolvedConfig> {
  refuseEmpty({ "--cjm-config": request.configPath, "--data-dir": request.dataDir, "--conda-prefix": request.condaPrefix });
  const env = request.env ?? process.env;
  const cwd = resolve(request.cwd ?? process.cwd());
  const workspace = await findWorkspace({ cwd, env, ...(request.workspace === undefined ? {} : { workspace: request.workspace }) });
  const file = request.configPath === undefined ? await nearestFile(cwd, workspace) : resolve(cwd, expandHome(request.configPath, env));
  const document = file === null ? null : await readConfigFile(file);
  const yaml: CjmConfigFile = document?.value ?? CjmConfigFileSchema.parse({});
  const base = file === null ? cwd : dirname(file);
  const inFile = (path: string | null | undefined): string | null => (path == null ? null : resolve(base, expandHome(path, env)));
  const inShell = (path: string | null | undefined): string | null => (path == null ? null : resolve(cwd, expandHome(path, env)));
  const variable = (name: string): string | null => env[name] || null;

  const values: ConfigValue[] = [];
  const settings = new Map(configSettings().map((setting) => [setting.key, setting]));
  const choose = <T extends JsonValue>(key: string, layers: Layers<T>): T => {
    const { option, environment } = settings.get(key) ?? {};
    const line = document?.keyLine(key.split(".")) ?? null;
    // What the schema fills in is a default, and none of the file's.
    const { file: written, ...others } = layers;
    const chosen = chooseLayer<T>(line === null ? others : { ...others, file: written ?? null }, {
      ...(option == null ? {} : { option }),
      ...(environment == null ? {} : { environment }),
      ...(line === null ? {} : { file: `${file}:${line}` }),
      ...(workspace === null ? {} : { workspace: workspaceLayout(workspace.root).marker }),
    });
    values.push({ key, ...chosen });
    return chosen.value;
  };

  const { runtime, substrate } = yaml;
  const binaries = Object.fromEntries(
    Object.entries(runtime?.binaries ?? {}).map(([platform, path]) => [platform, resolve(base, expandHome(path, env))]),
  );
  const mode = choose("runtime.mode", { file: runtime?.mode ?? null, fallback: "system" as const });
  const condaType = choose("runtime.conda_type", {
    option: condaTypeOf(request.condaType ?? null, "--conda-type"),
    environment: condaTypeOf(variable("CJM_CONDA_TYPE"), "CJM_CONDA_TYPE"),
    file: runtime?.conda_type ?? null,
    fallback: "conda" as const,
  });
  const prefix = choose<string | null>("runtime.prefix", {
    option: inShell(request.condaPrefix),
    environment: inShell(variable("CJM_CONDA_PREFIX")),
    file: inFile(runtime?.prefix),
    fallback: null,
  });
  const config: CjmConfig = {
    runtime: {
      mode,
      condaType,
      prefix,
      binaries: choose("runtime.binaries", { file: binaries, fallback: {} }),
      ...micromambaOf(runtime?.micromamba ?? null, choose),
    },
    dataDir: choose("data_dir", {
      option: inShell(request.dataDir),
      environment: inShell(variable("CJM_DATA_DIR")),
      file: inFile(yaml.data_dir),
      workspace: workspace === null ? null : workspaceLayout(workspace.root).data,
      fallback: join(homeOf(env), ".cjm"),
    }),
    capabilitiesFile: choose("capabilities_config", {
      file: inFile(yaml.capabilities_config),
      fallback: resolve(base, "capabilities.yaml"),
    }),
    modelsDir: choose<string | null>("models_dir", { file: inFile(yaml.models_dir), fallback: null }),
    driftDetection: choose<boolean>("substrate.drift_detection", { file: substrate?.drift_detection ?? null, fallback: true }),
    empiricalTracking: choose<boolean>("substrate.empirical_tracking", { file: substrate?.empirical_tracking ?? null, fallback: true }),
    stallThresholdMs:
      1000 *
      choose<number>("substrate.prefetch_stall_threshold_seconds", {
        file: substrate?.prefetch_stall_threshold_seconds ?? null,
        fallback: 60,
      }),
    diagnosticsRetentionDays: choose<number>("substrate.diagnostics_retention_days", {
      file: substrate?.diagnostics_retention_days ?? null,
      fallback: 30,
    }),
    diagnosticsRetentionMaxMb: choose<number | null>("substrate.diagnostics_retention_max_mb", {
      file: substrate?.diagnostics_retention_max_mb ?? null,
      fallback: null,
    }),
    jobsRetentionDays: choose<number>("substrate.jobs_retention_days", { file: substrate?.jobs_retention_days ?? null, fallback: 30 }),
    stallCountsSilence: choose<boolean>("substrate.stall_counts_silence", {
      file: substrate?.stall_counts_silence ?? null,
      fallback: false,
    }),
    inheritEnvironment: choose<boolean>("substrate.inherit_environment", { file: substrate?.inherit_environment ?? null, fallback: false }),
  };
  const warnings = unknownConfigKeys(document?.written).map(({ path, message }) => `${file}:${document?.keyLine(path) ?? 1}: ${message}`);
  return { config, file, workspace, values, warnings };
}

/** An empty path would be the working folder, which nobody means who writes `--data-dir "$UNSET"`. */
function refuseEmpty(paths: Readonly<Record<string, string | undefined>>): void {
  const empty = Object.entries(paths).find(([, path]) => path === "");
  if (empty === undefined) return;
  throw new CjmError("CJM_CONFIG_INVALID", `${empty[0]} is empty.`, { hint: "Give it a path, or leave it out." });
}

type Choose = <T extends JsonValue>(key: string, layers: Layers<T>) => T;

function micromambaOf(
  micromamba: NonNullable<CjmConfigFile["runtime"]>["micromamba"] | null,
  choose: Choose,
): Pick<CjmConfig["runtime"], "micromamba"> {
  const source = (["version", "mirror", "sha256"] as const).flatMap((key) => {
    const value = choose<string | null>(`runtime.micromamba.${key}`, { file: micromamba?.[key] ?? null, fallback: null });
    return value === null ? [] : [[key, value] as const];
  });
  return source.length === 0 ? {} : { micromamba: Object.fromEntries(source) };
}

/** The nearest `cjm.yaml`; where there is none that of the workspace, which may be elsewhere. */
async function nearestFile(cwd: string, workspace: Workspace | null): Promise<string | null> {
  const nearest = await findUpwards(cwd, "cjm.yaml");
  if (nearest !== null || workspace === null) return nearest;
  const own = join(workspace.root, "cjm.yaml");
  return await access(own).then(
    () => own,
    () => null,
  );
}

function readConfigFile(path: string): Promise<YamlDocument<CjmConfigFile>> {
  return openYamlDocument(path, {
    title: "configuration file",
    schema: CjmConfigFileSchema,
    code: "CJM_CONFIG_INVALID",
    missingHint: "Name one that exists with --cjm-config, or leave the option out.",
    yamlVersion: "1.1",
  });
}

const CONDA_TYPES = ["micromamba", "miniforge", "conda"] as const;

function condaTypeOf(text: string | null, name: string): CjmConfig["runtime"]["condaType"] | null {
  if (text === null) return null;
  const known = CONDA_TYPES.find((type) => type === text);
  if (known !== undefined) return known;
  throw new CjmError("CJM_CONFIG_INVALID", `${name} is '${text}'.${didYouMean(text, CONDA_TYPES)}`, {
    hint: `Set it to ${CONDA_TYPES.join(", ").replace(/, (?=[^,]*$)/, " or ")}, or leave it out.`,
  });
}
