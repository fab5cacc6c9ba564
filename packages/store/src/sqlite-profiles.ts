import {
  foldSample,
  formatTimestamp,
  type ProfileKey,
  parseTimestamp,
  type ResourceProfile,
  type ResourceSample,
  type ResourceSizes,
} from "@cjm/core";
import type Database from "better-sqlite3";
import { isBusy } from "./busy.ts";
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
  success_memory_mb_peak_max REAL,
  success_gpu_memory_mb_peak_max REAL,
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
  readonly success_memory_mb_peak_max: number | null;
  readonly success_gpu_memory_mb_peak_max: number | null;
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
  "success_memory_mb_peak_max",
  "success_gpu_memory_mb_peak_max",
] as const satisfies readonly (keyof ProfileRow)[];
const UPSERT = `INSERT OR REPLACE INTO empirical_resources (${COLUMNS.join(", ")}) VALUES (${COLUMNS.map((column) => `@${column}`).join(", ")})`;
/** Longer than another host's write takes, and short enough to hold the event loop up when one hangs. */
const BUSY_MS = 50;
const SELECT = "SELECT * FROM empirical_resources WHERE instance_id = ? AND config_hash = ?";

/**
 * Measured resource use per instance and configuration, in the original's file. Two columns are ours: peaks over successful
 * runs alone, null where none was measured. The original empties them when it writes a row; what it measured stands in then.
 */
export class SqliteProfiles implements Disposable {
  readonly #file: DatabaseFile;

  private constructor(file: DatabaseFile) {
    this.#file = file;
  }

  /** @throws CjmError CJM_STORE_FAILED */
  static open(path: string): SqliteProfiles {
    const file = DatabaseFile.open(path, { title: "profile database", schema: SCHEMA, migrate: addMissingColumns });
    file.waitAtMost(BUSY_MS);
    return new SqliteProfiles(file);
  }

  isBusy(error: unknown): boolean {
    return isBusy(error);
  }

  /** Folds one sample in. @throws CjmError CJM_STORE_FAILED */
  record(key: ProfileKey, sample: ResourceSample): ResourceProfile {
    return this.#fold(key, [sample]) as ResourceProfile;
  }

  /** Folds many samples in at the cost of one. @throws CjmError CJM_STORE_FAILED */
  recordAll(key: ProfileKey, samples: readonly ResourceSample[]): ResourceProfile | null {
    return this.#fold(key, samples);
  }

  /** Read and write are one transaction, so that two hosts lose nothing. */
  #fold(key: ProfileKey, samples: readonly ResourceSample[]): ResourceProfile | null {
    return this.#file.write(() => {
      const before = this.get(key.instanceId, key.configHash);
      const next = samples.reduce<ResourceProfile | null>((profile, sample) => foldSample(profile, key, sample), before);
      if (next !== null && samples.length > 0) this.#file.prepare(UPSERT).run(rowOf(next));
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

function addMissingColumns(database: Database.Database): void {
  const columns = (database.pragma("table_info(empirical_resources)") as { name: string }[]).map(({ name }) => name);
  if (columns.length === 0) return;
  for (const [name, type] of ADDED_COLUMNS) {
    if (!columns.includes(name)) database.exec(`ALTER TABLE empirical_resources ADD COLUMN ${name} ${type}`);
  }
}

/** Columns that files of earlier versions of the original, or of the original altogether, lack. */
const ADDED_COLUMNS = [
  ["api_usage_totals", "TEXT NOT NULL DEFAULT '{}'"],
  ["success_memory_mb_peak_max", "REAL"],
  ["success_gpu_memory_mb_peak_max", "REAL"],
] as const;

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
    sizes: sizesOf(row),
  };
}

/** A row that the original wrote last has no sizes of ours. It writes zero GPU memory also where nobody measured. */
function sizesOf(row: ProfileRow): ResourceSizes {
  if (row.success_memory_mb_peak_max !== null)
    return { memoryMb: row.success_memory_mb_peak_max, gpuMb: row.success_gpu_memory_mb_peak_max };
  if (row.success_count === 0) return { memoryMb: null, gpuMb: null };
  return { memoryMb: row.memory_mb_peak_max, gpuMb: row.gpu_memory_mb_peak_max > 0 ? row.gpu_memory_mb_peak_max : null };
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
    success_memory_mb_peak_max: profile.sizes.memoryMb,
    success_gpu_memory_mb_peak_max: profile.sizes.gpuMb,
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
