import * as z from "zod";

/**
 * Keys of `cjm.yaml`. Keys that are not known are left alone, as the original does; `unknownConfigKeys` names them. Paths are
 * relative to the file's folder, `~` is the home directory. The descriptions are those of the reference.
 */
export const CjmConfigFileSchema = z.object({
  runtime: z
    .object({
      mode: z
        .enum(["local", "system"])
        .default("system")
        .describe("Whether micromamba works below `runtime.prefix` (`local`), or conda where it is installed (`system`)."),
      conda_type: z
        .enum(["micromamba", "miniforge", "conda"])
        .default("conda")
        .describe("Which program makes environments of runtime `conda`."),
      prefix: z.string().nullish().describe("Folder that micromamba installs itself and its environments into."),
      binaries: z.record(z.string(), z.string()).nullish().describe("Path of the micromamba program, by platform such as `linux-x64`."),
      micromamba: z
        .object({
          version: z
            .string()
            .min(1)
            .optional()
            .describe("Release and build of micromamba that `setup-runtime` downloads, such as `2.4.0-1`."),
          mirror: z
            .url({ protocol: /^https?$/ })
            .optional()
            .describe("Address to download micromamba from: `<mirror>/<version>/micromamba-<platform>`."),
          sha256: z
            .string()
            .regex(/^[0-9a-f]{64}$/i, "must be 64 hexadecimal digits")
            .optional()
            .describe("Checksum of the program; without it the one beside the program is downloaded."),
        })
        .nullish()
        .describe("Which micromamba is downloaded, and from where."),
    })
    .nullish()
    .describe("What makes conda environments."),
  data_dir: z.string().min(1).nullish().describe("Where manifests, environments, journal, logs, jobs and secrets lie."),
  capabilities_config: z.string().min(1).nullish().describe("The `capabilities.yaml` that `install-all` installs."),
  models_dir: z.string().min(1).nullish().describe("Where capabilities keep downloaded models; workers get it as `CJM_MODELS_DIR`."),
  substrate: z
    .object({
      drift_detection: z
        .boolean()
        .default(true)
        .describe("Whether a start compares the capability with its manifest and says what differs."),
      empirical_tracking: z
        .boolean()
        .default(true)
        .describe("Whether runs are measured, so that later ones are admitted by what earlier ones took."),
      prefetch_stall_threshold_seconds: z
        .number()
        .positive()
        .default(60)
        .describe("How many seconds a worker may initialise or prefetch without a sign of progress."),
      diagnostics_retention_days: z.number().default(30).describe("Logs older than this many days are forgotten; 0 or less keeps them."),
      diagnostics_retention_max_mb: z
        .number()
        .positive()
        .nullish()
        .describe("The oldest logs are forgotten beyond this size in MiB; without it size does not matter."),
      jobs_retention_days: z
        .number()
        .default(30)
        .describe(
          "Jobs and compositions that ended longer ago than this many days are forgotten with their results; 0 or less keeps them. The journal keeps what happened.",
        ),
      stall_counts_silence: z
        .boolean()
        .default(false)
        .describe("Whether a worker that does not answer when asked for its progress counts as one without progress."),
      inherit_environment: z
        .boolean()
        .default(false)
        .describe("Whether workers get the host's whole environment, as the original's do, instead of what they declare."),
    })
    .nullish()
    .describe("How capabilities are run."),
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
  /** 0 or less: kept. */
  readonly jobsRetentionDays: number;
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
