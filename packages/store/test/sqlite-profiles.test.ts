import { join } from "node:path";
import type { ResourceSample } from "@cjm/core";
import { runProgram, type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SqliteProfiles } from "../src/index.ts";
import { withPythonSqlite } from "./python.ts";

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const at = (name: string): string => join(folder.path, name);
const KEY = { instanceId: "i", capabilityName: "c", configHash: "sha256:x" };
const sample = (fields: Partial<ResourceSample> = {}): ResourceSample => ({
  cpuPercent: 20,
  memoryPeakMb: 1000,
  gpuMemoryPeakMb: 5000,
  durationMs: 1000,
  success: true,
  observedAt: Date.UTC(2026, 10, 20),
  usage: { tokens: 5 },
  ...fields,
});

test("means, maxima and totals of three samples, one of them failed", () => {
  using profiles = SqliteProfiles.open(at("p.db"));
  profiles.record(KEY, sample());
  profiles.record(KEY, sample({ cpuPercent: 40, memoryPeakMb: 1500, gpuMemoryPeakMb: 7000 }));
  const returned = profiles.record(
    KEY,
    sample({ cpuPercent: 60, memoryPeakMb: 1200, gpuMemoryPeakMb: 6500, success: false, usage: { pages: 1 } }),
  );
  const profile = profiles.get("i", "sha256:x");
  expect(profile).toEqual(returned);
  expect(profile).toMatchObject({
    sampleCount: 3,
    successCount: 2,
    memoryPeakMaxMb: 1500,
    gpuMemoryPeakMaxMb: 7000,
    usageTotals: { tokens: 10, pages: 1 },
    durationMeanMs: 1000,
  });
  expect(profile?.cpuPercentMean).toBeCloseTo(40);
  expect(profile?.memoryPeakMeanMb).toBeCloseTo(1233.33, 1);
  expect(profiles.get("i", "sha256:y")).toBeNull();
});

test("sizes come from runs that succeeded and were measured, and survive", () => {
  using profiles = SqliteProfiles.open(at("p.db"));
  const sizesAfter = (fields: Partial<ResourceSample>) => {
    profiles.record(KEY, sample(fields));
    return profiles.get("i", "sha256:x")?.sizes;
  };
  expect(sizesAfter({ success: false, memoryPeakMb: 9000 })).toEqual({ memoryMb: null, gpuMb: null });
  expect(sizesAfter({ gpuMemoryPeakMb: null, memoryPeakMb: 800 })).toEqual({ memoryMb: 800, gpuMb: null });
  expect(sizesAfter({ gpuMemoryPeakMb: 300, memoryPeakMb: 700 })).toEqual({ memoryMb: 800, gpuMb: 300 });
  expect(sizesAfter({ gpuMemoryPeakMb: null, success: false, memoryPeakMb: 9999 })).toEqual({ memoryMb: 800, gpuMb: 300 });
  expect(profiles.get("i", "sha256:x")).toMatchObject({ gpuMemoryPeakMaxMb: 5000, memoryPeakMaxMb: 9999 });
});

test("a zero of the original on the GPU is no measurement", async () => {
  using profiles = SqliteProfiles.open(at("p.db"));
  profiles.record(KEY, sample({ gpuMemoryPeakMb: 0 }));
  expect(profiles.get("i", "sha256:x")?.sizes.gpuMb).toBe(0);
  await withPythonSqlite(
    at("p.db"),
    `database.execute("update empirical_resources set success_gpu_memory_mb_peak_max = null, success_memory_mb_peak_max = null")`,
  );
  expect(profiles.get("i", "sha256:x")?.sizes).toEqual({ memoryMb: 1000, gpuMb: null });
});

test("the original reads our file in its units", async () => {
  {
    using profiles = SqliteProfiles.open(at("p.db"));
    profiles.record(KEY, sample({ durationMs: 1500 }));
  }
  const printed = await withPythonSqlite(
    at("p.db"),
    `print(database.execute("select duration_seconds_mean, memory_mb_peak_max, last_observed, api_usage_totals from empirical_resources").fetchone())`,
  );
  expect(printed.trim()).toBe(`(1.5, 1000.0, '2026-11-20T00:00:00.000000+00:00', '{"tokens": 5}')`);
});

test("a file of the original without usage totals gains them", async () => {
  await withPythonSqlite(
    at("p.db"),
    `database.execute("""create table empirical_resources (instance_id TEXT NOT NULL, capability_name TEXT NOT NULL, config_hash TEXT NOT NULL,
  sample_count INTEGER NOT NULL DEFAULT 0, success_count INTEGER NOT NULL DEFAULT 0, cpu_percent_mean REAL NOT NULL DEFAULT 0.0,
  memory_mb_peak_max REAL NOT NULL DEFAULT 0.0, memory_mb_peak_mean REAL NOT NULL DEFAULT 0.0, gpu_memory_mb_peak_max REAL NOT NULL DEFAULT 0.0,
  gpu_memory_mb_peak_mean REAL NOT NULL DEFAULT 0.0, duration_seconds_mean REAL NOT NULL DEFAULT 0.0, last_observed TEXT NOT NULL,
  PRIMARY KEY (instance_id, config_hash))""")
database.execute("insert into empirical_resources (instance_id, capability_name, config_hash, sample_count, last_observed) values ('i','c','sha256:x',4,'2026-11-20T20:10:05+00:00')")`,
  );
  using profiles = SqliteProfiles.open(at("p.db"));
  expect(profiles.get("i", "sha256:x")).toMatchObject({
    sampleCount: 4,
    usageTotals: {},
    lastObservedAt: Date.UTC(2026, 10, 20, 20, 10, 5),
  });
  expect(profiles.record(KEY, sample())).toMatchObject({ sampleCount: 5, usageTotals: { tokens: 5 } });
});

test("two processes that record at the same time lose no sample", async () => {
  using profiles = SqliteProfiles.open(at("p.db"));
  const script = `
import { SqliteProfiles } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
const profiles = SqliteProfiles.open(${JSON.stringify(at("p.db"))});
for (let i = 0; i < 100; ) {
  try {
    profiles.record(${JSON.stringify(KEY)}, ${JSON.stringify(sample())});
    i++;
  } catch (error) {
    if (!profiles.isBusy(error)) throw error;
  }
}`;
  const writers = await Promise.all([1, 2].map(() => runProgram(process.execPath, ["--input-type=module", "-e", script])));
  expect(writers.map(({ stderr }) => stderr)).toEqual(["", ""]);
  expect(profiles.get("i", "sha256:x")).toMatchObject({ sampleCount: 200, successCount: 200, usageTotals: { tokens: 1000 } });
});

test("a write that another process is in the way of says so, and can be made again", () => {
  using profiles = SqliteProfiles.open(at("p.db"));
  const other = new Database(at("p.db"));
  using _closed = { [Symbol.dispose]: () => void other.close() };
  other.exec("BEGIN IMMEDIATE");
  let thrown: unknown;
  try {
    profiles.record(KEY, sample());
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: "CJM_STORE_FAILED" });
  expect([profiles.isBusy(thrown), profiles.isBusy(new Error("database is locked"))]).toEqual([true, false]);
  other.exec("ROLLBACK");
  expect(profiles.record(KEY, sample())).toMatchObject({ sampleCount: 1 });
});
