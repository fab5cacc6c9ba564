import type { CjmConfig } from "@cjm/core";

/** The configuration of an empty workspace with all defaults, its data in `dataDir`. */
export function configAt(dataDir: string): CjmConfig {
  return {
    dataDir,
    capabilitiesFile: `${dataDir}/capabilities.yaml`,
    modelsDir: null,
    runtime: { mode: "system", condaType: "conda", prefix: null, binaries: {} },
    driftDetection: true,
    empiricalTracking: true,
    stallThresholdMs: 60_000,
    stallCountsSilence: false,
    inheritEnvironment: false,
    diagnosticsRetentionDays: 30,
    diagnosticsRetentionMaxMb: null,
    jobsRetentionDays: 30,
  };
}
