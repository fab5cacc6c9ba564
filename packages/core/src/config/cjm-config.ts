import * as z from "zod";

/** Keys of `cjm.yaml`; unknown keys are ignored, as the original does. Paths are relative to the file's folder. */
export const CjmConfigFileSchema = z.object({
  runtime: z
    .object({
      mode: z.enum(["local", "system"]).default("system"),
      conda_type: z.enum(["micromamba", "miniforge", "conda"]).default("conda"),
      prefix: z.string().nullish(),
      binaries: z.record(z.string(), z.string()).nullish(),
    })
    .nullish(),
  data_dir: z.string().min(1).nullish(),
  capabilities_config: z.string().min(1).nullish(),
  models_dir: z.string().min(1).nullish(),
  substrate: z
    .object({
      drift_detection: z.boolean().default(true),
      empirical_tracking: z.boolean().default(true),
      prefetch_stall_threshold_seconds: z.number().positive().default(60),
      diagnostics_retention_days: z.number().default(30),
      diagnostics_retention_max_mb: z.number().positive().nullish(),
      stall_counts_silence: z.boolean().default(false),
      inherit_environment: z.boolean().default(false),
    })
    .nullish(),
});
export type CjmConfigFile = z.infer<typeof CjmConfigFileSchema>;

/** The configuration in force, every path absolute. */
export interface CjmConfig {
  readonly dataDir: string;
  readonly capabilitiesFile: string;
  readonly modelsDir: string | null;
  readonly runtime: {
    readonly mode: "local" | "system";
    readonly condaType: "micromamba" | "miniforge" | "conda";
    readonly prefix: string | null;
    readonly binaries: Readonly<Record<string, string>>;
  };
  readonly driftDetection: boolean;
  readonly empiricalTracking: boolean;
  /** How long initialise and prefetch may go without a sign of progress. */
  readonly stallThresholdMs: number;
  /** Whether a worker that does not answer when it is asked for its progress counts as one without progress. */
  readonly stallCountsSilence: boolean;
  /** Whether workers get the host's whole environment, as the original's do, instead of what they declare. */
  readonly inheritEnvironment: boolean;
  readonly diagnosticsRetentionDays: number;
  readonly diagnosticsRetentionMaxMb: number | null;
}

/** Where things lie below the data directory; the original's layout, with `environments`, `runs` and the job store of our own. */
export function dataLayout(dataDir: string) {
  const at = (name: string): string => `${dataDir}/${name}`;
  return {
    manifests: at("manifests"),
    capabilityData: at("data"),
    journal: at("journal.db"),
    diagnostics: at("diagnostics.db"),
    profiles: at("empirical_resources.db"),
    configs: at("capability_configs.db"),
    secrets: at("secrets"),
    inputHashes: at("input_hash_cache.db"),
    jobs: at("jobs.db"),
    jobResults: at("job_results"),
    environments: at("environments"),
    runs: at("runs"),
    logs: at("logs"),
  } as const;
}
