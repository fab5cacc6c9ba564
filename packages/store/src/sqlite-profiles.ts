import { formatTimestamp, parseTimestamp, type ResourceProfile, type ResourceSample } from "@cjm/core";
import type Database from "better-sqlite3";
import { DatabaseFile } from "./database-file.ts";
import { pythonJson } from "./python-json.ts";

const SCHEMA = `
CREATE TABLE IF NOT EXISTS empirical_resources (
  instance_id TEXT NOT NULL,
  capability_name TEXT NOT NULL,
  config_hash TEXT NOT NULL,
  sample_count INTEGER NOT NULL DEFAULT 0,
  success_count INTEGER NOT NULL DEFAULT 0,
  cpu_percent_mean REAL NOT NULL DEFAULT 0.0,
  memory_mb_peak_max REAL NOT NULL DEFAULT 0.0,
  memory_mb_peak_mean REAL NOT NULL DEFAULT 0.0,
  gpu_memory_mb_peak_max REAL NOT NULL DEFAULT 0.0,
  gpu_memory_mb_peak_mean REAL NOT NULL DEFAULT 0.0,
  duration_seconds_mean REAL NOT NULL DEFAULT 0.0,
  last_observed TEXT NOT NULL,
  api_usage_totals TEXT NOT NULL DEFAULT '{}',
  PRIMARY KEY (instance_id, config_hash)
);
`;

interface ProfileRow {
  readonly instance_id: string;
  readonly capability_name: string;
  readonly config_hash: string;
  readonly sample_count: number;
  readonly success_count: number;
  readonly cpu_percent_mean: number;
  readonly memory_mb_peak_max: number;
  readonly memory_mb_peak_mean: number;
  readonly gpu_memory_mb_peak_max: number;
  readonly gpu_memory_mb_peak_mean: number;
  readonly duration_seconds_mean: number;
  readonly last_observed: string;
  readonly api_usage_totals: string;
}

export interface ProfileKey {
  readonly instanceId: string;
  readonly capabilityName: string;
  readonly configHash: string;
}

const COLUMNS = [
  "instance_id",
  "capability_name",
  "config_hash",
  "sample_count",
  "success_count",
  "cpu_percent_mean",
  "memory_mb_peak_max",
  "memory_mb_peak_mean",
  "gpu_memory_mb_peak_max",
  "gpu_memory_mb_peak_mean",
  "duration_seconds_mean",
  "last_observed",
  "api_usage_totals",
] as const satisfies readonly (keyof ProfileRow)[];
const UPSERT = `INSERT OR REPLACE INTO empirical_resources (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map((column) => `@${column}`).join(", ")})`;
const SELECT = "SELECT * FROM empirical_resources WHERE instance_id = ? AND config_hash = ?";

/** Measured resource use per instance and configuration, in the original's file. */
export class SqliteProfiles implements Disposable {
  readonly #file: DatabaseFile;

  private constructor(file: DatabaseFile) {
    this.#file = file;
  }

  /** @throws CjmError CJM_STORE_FAILED */
  static open(path: string): SqliteProfiles {
    return new SqliteProfiles(DatabaseFile.open(path, { title: "profile database", schema: SCHEMA, migrate: addUsageColumn }));
  }

  /** Folds one sample in; read and write are one transaction, so that two hosts lose nothing. @throws CjmError CJM_STORE_FAILED */
  record(key: ProfileKey, sample: ResourceSample): ResourceProfile {
    return this.#file.write(() => {
      const next = foldSample(this.get(key.instanceId, key.configHash), key, sample);
      this.#file.prepare(UPSERT).run(rowOf(next));
      return next;
    });
  }

  /** Null when it was never measured. @throws CjmError CJM_STORE_FAILED */
  get(instanceId: string, configHash: string): ResourceProfile | null {
    const row = this.#file.read(() => this.#file.prepare<ProfileRow>(SELECT).get(instanceId, configHash));
    return row === undefined ? null : profileOf(row);
  }

  [Symbol.dispose](): void {
    this.#file[Symbol.dispose]();
  }
}

/** Running means and maxima over all samples, failed ones included, as the original keeps them. */
export function foldSample(before: ResourceProfile | null, key: ProfileKey, sample: ResourceSample): ResourceProfile {
  const count = (before?.sampleCount ?? 0) + 1;
  const mean = (old: number | undefined, value: number): number => (old === undefined ? value : old + (value - old) / count);
  const gpuMb = sample.gpuMemoryPeakMb ?? 0;
  const usageTotals: Record<string, number> = { ...before?.usageTotals };
  for (const [unit, value] of Object.entries(sample.usage)) usageTotals[unit] = (usageTotals[unit] ?? 0) + value;
  return {
    ...key,
    sampleCount: count,
    successCount: (before?.successCount ?? 0) + (sample.success ? 1 : 0),
    cpuPercentMean: mean(before?.cpuPercentMean, sample.cpuPercent),
    memoryPeakMaxMb: Math.max(before?.memoryPeakMaxMb ?? 0, sample.memoryPeakMb),
    memoryPeakMeanMb: mean(before?.memoryPeakMeanMb, sample.memoryPeakMb),
    gpuMemoryPeakMaxMb: Math.max(before?.gpuMemoryPeakMaxMb ?? 0, gpuMb),
    gpuMemoryPeakMeanMb: mean(before?.gpuMemoryPeakMeanMb, gpuMb),
    durationMeanMs: mean(before?.durationMeanMs, sample.durationMs),
    lastObservedAt: sample.observedAt,
    usageTotals,
  };
}

function addUsageColumn(database: Database.Database): void {
  const columns = database.pragma("table_info(empirical_resources)") as { name: string }[];
  if (columns.length > 0 && !columns.some(({ name }) => name === "api_usage_totals")) {
    database.exec("ALTER TABLE empirical_resources ADD COLUMN api_usage_totals TEXT NOT NULL DEFAULT '{}'");
  }
}

function profileOf(row: ProfileRow): ResourceProfile {
  return {
    instanceId: row.instance_id,
    capabilityName: row.capability_name,
    configHash: row.config_hash,
    sampleCount: row.sample_count,
    successCount: row.success_count,
    cpuPercentMean: row.cpu_percent_mean,
    memoryPeakMaxMb: row.memory_mb_peak_max,
    memoryPeakMeanMb: row.memory_mb_peak_mean,
    gpuMemoryPeakMaxMb: row.gpu_memory_mb_peak_max,
    gpuMemoryPeakMeanMb: row.gpu_memory_mb_peak_mean,
    durationMeanMs: row.duration_seconds_mean * 1000,
    lastObservedAt: parseTimestamp(row.last_observed) ?? Date.now(),
    usageTotals: totalsOf(row.api_usage_totals),
  };
}

function rowOf(profile: ResourceProfile): ProfileRow {
  return {
    instance_id: profile.instanceId,
    capability_name: profile.capabilityName,
    config_hash: profile.configHash,
    sample_count: profile.sampleCount,
    success_count: profile.successCount,
    cpu_percent_mean: profile.cpuPercentMean,
    memory_mb_peak_max: profile.memoryPeakMaxMb,
    memory_mb_peak_mean: profile.memoryPeakMeanMb,
    gpu_memory_mb_peak_max: profile.gpuMemoryPeakMaxMb,
    gpu_memory_mb_peak_mean: profile.gpuMemoryPeakMeanMb,
    duration_seconds_mean: profile.durationMeanMs / 1000,
    last_observed: formatTimestamp(profile.lastObservedAt),
    api_usage_totals: pythonJson(profile.usageTotals),
  };
}

function totalsOf(text: string): Record<string, number> {
  try {
    const value: unknown = JSON.parse(text);
    return Object.fromEntries(Object.entries(value ?? {}).filter((entry): entry is [string, number] => typeof entry[1] === "number"));
  } catch {
    return {};
  }
}
