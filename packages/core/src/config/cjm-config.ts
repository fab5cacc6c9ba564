import * as z from "zod";

/** Keys of `cjm.yaml`; unknown keys are ignored, as the original does. Paths are relative to the file's folder. */
export const CjmConfigFileSchema = z.object({
  runtime: z
    .object({
      mode: z.enum(["local", "system"]).default("system"),
      conda_type: z.enum(["micromamba", "miniforge", "conda"]).default("conda"),
      prefix: z.string().nullish(),
      binaries: z.record(z.string(), z.string()).nullish(),
      micromamba: z
        .object({
          version: z.string().min(1).optional(),
          mirror: z.url({ protocol: /^https?$/ }).optional(),
          sha256: z
            .string()
            .regex(/^[0-9a-f]{64}$/i, "must be 64 hexadecimal digits")
            .optional(),
        })
        .nullish(),
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

/** Which micromamba is downloaded, and from where. */
export interface MicromambaSource {
  /** Release and build, such as `2.4.0-1`. */
  readonly version?: string | undefined;
  /** Takes the place of the release page's address: `<mirror>/<version>/micromamba-<platform>`, its checksum in `.sha256` beside it. */
  readonly mirror?: string | undefined;
  /** Checksum of the program; with it none is downloaded. */
  readonly sha256?: string | undefined;
}

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
    /** What `setup-runtime` downloads; left out parts have defaults. */
    readonly micromamba?: MicromambaSource;
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
