import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JournalEvent, ResourceSample } from "@cjm/core";
import { runProgram, type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SecretFile, SqliteConfigs, SqliteDiagnostics, SqliteJournal, SqliteProfiles } from "../src/index.ts";

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const at = (name: string): string => join(folder.path, name);
const python = (script: string) => runProgram("python3", ["-c", script]);
let counter = 0;
const event = (fields: Partial<JournalEvent> = {}): JournalEvent => ({
  eventId: `e${counter++}`,
  occurredAt: Date.UTC(2026, 10, 20),
  eventType: "state_transition",
  payload: {},
  ...fields,
});

describe("journal", () => {
  test("rows come back as they went in, in order, with filters", () => {
    using journal = SqliteJournal.open(at("deep/er/journal.db"));
    const seqs = journal.append([
      event({
        jobId: "j1",
        runId: "r",
        payload: { from: "pending", to: "running", text: "größe \u2028" },
        occurredAt: Date.UTC(2026, 10, 20) + 0.25,
      }),
      event({ jobId: "j2", runId: "r", eventType: "from_the_future", workerReported: true }),
      event({ jobId: "j1", runId: "s" }),
    ]);
    expect(seqs).toEqual([1, 2, 3]);
    expect(journal.query({ jobId: "j1" }).map(({ seq }) => seq)).toEqual([1, 3]);
    expect(journal.query({ runId: "r", afterSeq: 1 })[0]).toMatchObject({ eventType: "from_the_future", workerReported: true });
    expect(journal.query({ order: "descending", limit: 1 })[0]?.seq).toBe(3);
    expect(journal.query({ limit: 1 })[0]).toMatchObject({
      payload: { to: "running", text: "größe \u2028" },
      occurredAt: Date.UTC(2026, 10, 20) + 0.25,
      actor: null,
    });
    expect(journal.count("from_the_future")).toBe(1);
  });

  test("an append is all or nothing", () => {
    using journal = SqliteJournal.open(at("journal.db"));
    const twice = event();
    expect(() => journal.append([event(), twice, twice])).toThrow(expect.objectContaining({ code: "CJM_STORE_FAILED" }));
    expect(journal.count()).toBe(0);
  });

  test("Python reads what we wrote, to the letter", async () => {
    {
      using journal = SqliteJournal.open(at("journal.db"));
      journal.append([event({ payload: { b: 1, a: ["ü", null, true] } })]);
    }
    const { stdout } = await python(
      `import sqlite3; print(sqlite3.connect(${JSON.stringify(at("journal.db"))}).execute("select ts, payload from journal").fetchone())`,
    );
    expect(stdout.trim()).toBe(`('2026-11-20T00:00:00.000000+00:00', '{"a": ["\\\\u00fc", null, true], "b": 1}')`);
  });

  test("a damaged payload of another writer hides no other row", () => {
    using journal = SqliteJournal.open(at("journal.db"));
    journal.append([event(), event()]);
    const raw = new Database(at("journal.db"));
    raw.exec("UPDATE journal SET payload = '{broken' WHERE seq = 1");
    raw.close();
    expect(journal.query({}).map(({ payload }) => payload)).toEqual([{ _unparseable: "{broken" }, {}]);
  });

  test("a full disk leaves nothing half-written and is said plainly", async (context) => {
    mkdirSync(at("disk"));
    const mount = await runProgram("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", at("disk")]);
    if (mount.code !== 0) context.skip(`cannot mount a small disk here: ${mount.stderr.trim()}`);
    try {
      using journal = SqliteJournal.open(at("disk/journal.db"));
      journal.append([event()]);
      const rows = Array.from({ length: 500 }, () => event({ payload: { text: "x".repeat(4000) } }));
      expect(() => journal.append(rows)).toThrow(
        expect.objectContaining({ code: "CJM_STORE_FAILED", hint: expect.stringContaining("disk is full") }),
      );
      expect(journal.count()).toBe(1);
    } finally {
      await runProgram("umount", ["-l", at("disk")]);
    }
  });

  test("two processes append to one file without losing a row", async () => {
    using journal = SqliteJournal.open(at("journal.db"));
    const script = `
import { SqliteJournal } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
const journal = SqliteJournal.open(${JSON.stringify(at("journal.db"))});
for (let i = 0; i < 200; i++) journal.append([{ eventId: process.argv[1] + i, occurredAt: 0, eventType: "t", payload: {} }]);`;
    const writers = await Promise.all(["a", "b"].map((name) => runProgram(process.execPath, ["--input-type=module", "-e", script, name])));
    expect(writers.map(({ stderr }) => stderr)).toEqual(["", ""]);
    expect(journal.count()).toBe(400);
  });
});

describe("opening", () => {
  test("a file that is no database is refused with the way out", () => {
    writeFileSync(at("journal.db"), "this is text, and long enough to be looked at as a header of a database file, or so one hopes");
    expect(() => SqliteJournal.open(at("journal.db"))).toThrow(
      expect.objectContaining({ code: "CJM_STORE_FAILED", hint: expect.stringContaining("aside") }),
    );
  });

  test("a folder is refused", () => {
    mkdirSync(at("journal.db"));
    expect(() => SqliteJournal.open(at("journal.db"))).toThrow(expect.objectContaining({ code: "CJM_STORE_FAILED" }));
  });
});

describe("diagnostics", () => {
  test("records by job and chunks by session", () => {
    using diagnostics = SqliteDiagnostics.open(at("diagnostics.db"));
    const record = {
      occurredAt: 0,
      workerSessionId: "s",
      jobId: "j",
      level: "INFO",
      loggerName: "l",
      message: "m",
      excText: null,
    } as const;
    diagnostics.appendRecords([record, { ...record, jobId: "k", level: "ERROR" }]);
    diagnostics.appendChunks([{ occurredAt: 0, workerSessionId: "s", stream: "stdout", content: "line" }]);
    expect(diagnostics.queryRecords({ jobId: "j" })).toEqual([{ ...record, seq: 1 }]);
    expect(diagnostics.queryRecords({ level: "ERROR" })).toHaveLength(1);
    expect(diagnostics.queryChunks({ workerSessionId: "s" })).toHaveLength(1);
    expect(diagnostics.queryChunks({ workerSessionId: "other" })).toEqual([]);
  });

  test("a failed write is counted and not thrown", () => {
    const diagnostics = SqliteDiagnostics.open(at("diagnostics.db"));
    diagnostics[Symbol.dispose]();
    diagnostics.appendChunks([{ occurredAt: 0, workerSessionId: null, stream: "stdout", content: "line" }]);
    expect(diagnostics.lostRows).toBe(1);
  });
});

describe("profiles", () => {
  const key = { instanceId: "i", capabilityName: "c", configHash: "sha256:x" };
  const sample = (cpuPercent: number, memoryPeakMb: number, gpuMemoryPeakMb: number, success: boolean): ResourceSample => ({
    cpuPercent,
    memoryPeakMb,
    gpuMemoryPeakMb,
    durationMs: 1000,
    success,
    observedAt: 0,
    usage: { tokens: 5 },
  });

  test("means, maxima and totals of three samples, one of them failed", () => {
    using profiles = SqliteProfiles.open(at("p.db"));
    profiles.record(key, sample(20, 1000, 5000, true));
    profiles.record(key, sample(40, 1500, 7000, true));
    profiles.record(key, sample(60, 1200, 6500, false));
    const profile = profiles.get("i", "sha256:x");
    expect(profile).toMatchObject({
      sampleCount: 3,
      successCount: 2,
      memoryPeakMaxMb: 1500,
      gpuMemoryPeakMaxMb: 7000,
      usageTotals: { tokens: 15 },
      durationMeanMs: 1000,
    });
    expect(profile?.cpuPercentMean).toBeCloseTo(40);
    expect(profile?.memoryPeakMeanMb).toBeCloseTo(1233.33, 1);
    expect(profiles.get("i", "sha256:y")).toBeNull();
  });

  test("a file of the original without usage totals gains them", async () => {
    await python(
      `import sqlite3; c = sqlite3.connect(${JSON.stringify(at("p.db"))}); c.execute("create table empirical_resources (instance_id TEXT NOT NULL, capability_name TEXT NOT NULL, config_hash TEXT NOT NULL, sample_count INTEGER NOT NULL DEFAULT 0, success_count INTEGER NOT NULL DEFAULT 0, cpu_percent_mean REAL NOT NULL DEFAULT 0.0, memory_mb_peak_max REAL NOT NULL DEFAULT 0.0, memory_mb_peak_mean REAL NOT NULL DEFAULT 0.0, gpu_memory_mb_peak_max REAL NOT NULL DEFAULT 0.0, gpu_memory_mb_peak_mean REAL NOT NULL DEFAULT 0.0, duration_seconds_mean REAL NOT NULL DEFAULT 0.0, last_observed TEXT NOT NULL, PRIMARY KEY (instance_id, config_hash))"); c.execute("insert into empirical_resources (instance_id, capability_name, config_hash, sample_count, last_observed) values ('i','c','sha256:x',4,'2026-11-20T20:10:05+00:00')"); c.commit()`,
    );
    using profiles = SqliteProfiles.open(at("p.db"));
    expect(profiles.get("i", "sha256:x")).toMatchObject({
      sampleCount: 4,
      usageTotals: {},
      lastObservedAt: Date.UTC(2026, 10, 20, 20, 10, 5),
    });
  });
});

describe("configurations", () => {
  test("are kept per instance", () => {
    using configs = SqliteConfigs.open(at("c.db"));
    configs.set("i", { config: { model: "small" }, enabled: false, workerEnv: { A: "1" } }, 1000);
    expect(configs.get("i")).toEqual({ config: { model: "small" }, enabled: false, workerEnv: { A: "1" } });
    expect([configs.delete("i"), configs.delete("i"), configs.get("i")]).toEqual([true, false, null]);
  });

  test("a file keyed by capability name is brought up to date", async () => {
    await python(
      `import sqlite3; c = sqlite3.connect(${JSON.stringify(at("c.db"))}); c.execute("create table capability_configs (capability_name TEXT PRIMARY KEY, config_json TEXT NOT NULL, enabled INTEGER NOT NULL DEFAULT 1, updated_at REAL NOT NULL)"); c.execute("insert into capability_configs values ('w', '{\\"a\\": 1}', 1, 5.0)"); c.commit()`,
    );
    using configs = SqliteConfigs.open(at("c.db"));
    expect(configs.get("w")).toEqual({ config: { a: 1 }, enabled: true, workerEnv: {} });
  });
});

describe("secrets", () => {
  test("are kept for their owner's eyes only", () => {
    const secrets = new SecretFile(at("secrets"));
    expect(secrets.get("cap", "KEY")).toBeNull();
    secrets.set("cap", "KEY", "wert ü");
    secrets.set("cap", "ANOTHER", "x");
    expect(secrets.get("cap", "KEY")).toBe("wert ü");
    expect(secrets.list("cap")).toEqual(["ANOTHER", "KEY"]);
    expect(statSync(at("secrets")).mode & 0o777).toBe(0o700);
    expect(statSync(at("secrets/secrets.json")).mode & 0o777).toBe(0o600);
  });

  test("loose permissions are tightened on the next change", () => {
    const secrets = new SecretFile(at("secrets"));
    secrets.set("cap", "KEY", "v");
    chmodSync(at("secrets/secrets.json"), 0o644);
    secrets.set("cap", "KEY", "w");
    expect(statSync(at("secrets/secrets.json")).mode & 0o777).toBe(0o600);
  });

  test("deleting prunes what is empty", () => {
    const secrets = new SecretFile(at("secrets"));
    secrets.set("cap", "KEY", "v");
    expect([secrets.delete("cap", "KEY"), secrets.delete("cap", "KEY")]).toEqual([true, false]);
    expect(readFileSync(at("secrets/secrets.json"), "utf8")).toBe("{}");
  });

  test.each(["{broken", "[]", '{"a": {"b": {"c": 7}}}'])("a damaged file is refused and left as it is: %s", (text) => {
    mkdirSync(at("secrets"));
    writeFileSync(at("secrets/secrets.json"), text);
    const secrets = new SecretFile(at("secrets"));
    expect(() => secrets.set("cap", "KEY", "v")).toThrow(expect.objectContaining({ code: "CJM_SECRET_STORE_CORRUPT" }));
    expect(readFileSync(at("secrets/secrets.json"), "utf8")).toBe(text);
  });

  test("a key that is no variable name is refused", () => {
    expect(() => new SecretFile(at("secrets")).set("cap", "MY KEY", "v")).toThrow(expect.objectContaining({ code: "CJM_USAGE" }));
    expect(existsSync(at("secrets"))).toBe(false);
  });
});
