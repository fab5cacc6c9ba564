import { join } from "node:path";
import type { DiagnosticsRecord, OutputChunk } from "@cjm/core";
import { type TemporaryFolder, temporaryFolder, until } from "@cjm/testing";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { applyRetention, type RetentionPolicy, retainInBackground, SqliteDiagnostics } from "../src/index.ts";
import { withPythonSqlite } from "./python.ts";

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

const at = (name: string): string => join(folder.path, name);
const NOW = Date.UTC(2026, 10, 20, 12);
const DAY = 24 * 3600 * 1000;
const record = (fields: Partial<DiagnosticsRecord> = {}): DiagnosticsRecord => ({
  occurredAt: NOW,
  workerSessionId: "s",
  jobId: "j",
  level: "INFO",
  loggerName: "l",
  message: "m",
  excText: null,
  ...fields,
});
const chunk = (fields: Partial<OutputChunk> = {}): OutputChunk => ({
  occurredAt: NOW,
  workerSessionId: "s",
  stream: "stdout",
  content: "line\n",
  ...fields,
});

describe.each([
  ["in a file", () => SqliteDiagnostics.open(at("diagnostics.db"))],
  ["in memory", () => SqliteDiagnostics.open(":memory:")],
])("diagnostics %s", (_, open) => {
  test("give records and chunks back as they went in", () => {
    using diagnostics = open();
    const odd = record({ message: "größe\u0000 😀", excText: "Traceback\n  here", jobId: null, workerSessionId: null, level: "CRITICAL" });
    diagnostics.appendRecords([record(), odd]);
    diagnostics.appendChunks([chunk(), chunk({ stream: "stderr", workerSessionId: null })]);
    diagnostics.appendRecords([]);
    expect(diagnostics.queryRecords({})).toEqual([
      { ...record(), seq: 1 },
      { ...odd, seq: 2 },
    ]);
    expect(diagnostics.queryChunks({})).toEqual([
      { ...chunk(), seq: 1 },
      { ...chunk({ stream: "stderr", workerSessionId: null }), seq: 2 },
    ]);
  });

  test.each([
    [{ jobId: "j" }, [1, 3]],
    [{ level: "ERROR" }, [2]],
    [{ workerSessionId: "s2" }, [3]],
    [{ afterSeq: 1, limit: 1 }, [2]],
    [{ order: "descending", limit: 2 }, [3, 2]],
  ] as const)("records of %j", (query, seqs) => {
    using diagnostics = open();
    diagnostics.appendRecords([record(), record({ jobId: "k", level: "ERROR" }), record({ workerSessionId: "s2" })]);
    expect(diagnostics.queryRecords(query).map(({ seq }) => seq)).toEqual(seqs);
  });

  test("say what cannot be written or read", () => {
    const diagnostics = open();
    diagnostics[Symbol.dispose]();
    const failed = expect.objectContaining({ code: "CJM_STORE_FAILED" });
    expect(() => diagnostics.appendChunks([chunk(), chunk()])).toThrow(failed);
    expect(() => diagnostics.appendRecords([record()])).toThrow(failed);
    expect(() => diagnostics.queryRecords({})).toThrow(failed);
  });
});

describe("while another process holds the file", () => {
  const messages = (diagnostics: SqliteDiagnostics): readonly string[] => diagnostics.queryRecords({}).map(({ message }) => message);

  test("what is said waits, and is there in order afterwards", async () => {
    using diagnostics = SqliteDiagnostics.open(at("diagnostics.db"));
    using other = holder();
    diagnostics.appendRecords([record({ message: "1" })]);
    diagnostics.appendChunks([chunk()]);
    diagnostics.appendRecords([record({ message: "2" }), record({ message: "3" })]);
    expect(messages(diagnostics)).toEqual([]);
    other.release();
    await until("the rows are there", () => messages(diagnostics).length > 0);
    diagnostics.appendRecords([record({ message: "4" })]);
    expect(messages(diagnostics)).toEqual(["1", "2", "3", "4"]);
    expect(diagnostics.queryChunks({})).toHaveLength(1);
  });

  test("a backlog loses its oldest, which is said once", async () => {
    using diagnostics = SqliteDiagnostics.open(at("diagnostics.db"));
    using other = holder();
    const rows = (from: number, count: number) => Array.from({ length: count }, (_, index) => record({ message: `${from + index}` }));
    for (let from = 0; from < 10_000; from += 1000) diagnostics.appendRecords(rows(from, 1000));
    expect(() => diagnostics.appendRecords(rows(10_000, 1))).toThrow("rows were lost");
    diagnostics.appendRecords(rows(10_001, 1));
    other.release();
    await until("the rows are there", () => messages(diagnostics).length > 0);
    expect([messages(diagnostics).length, messages(diagnostics)[0], messages(diagnostics).at(-1)]).toEqual([9_002, "1000", "10001"]);
  });

  test("a close writes what waited, when the other lets go in time", () => {
    const diagnostics = SqliteDiagnostics.open(at("diagnostics.db"));
    const other = holder();
    diagnostics.appendRecords([record({ message: "last words" })]);
    other.release();
    diagnostics[Symbol.dispose]();
    using again = SqliteDiagnostics.open(at("diagnostics.db"));
    expect(messages(again)).toEqual(["last words"]);
  });

  test("a close gives up what the other never lets it write", () => {
    const diagnostics = SqliteDiagnostics.open(at("diagnostics.db"));
    using other = holder();
    diagnostics.appendRecords([record({ message: "too late" })]);
    diagnostics[Symbol.dispose]();
    other.release();
    using again = SqliteDiagnostics.open(at("diagnostics.db"));
    expect(messages(again)).toEqual([]);
  });

  test("what fails afterwards is said with the next rows", async () => {
    using diagnostics = SqliteDiagnostics.open(at("diagnostics.db"));
    using other = holder();
    diagnostics.appendRecords([record()]);
    other.database.exec("ALTER TABLE records RENAME TO moved");
    other.release();
    await expect.poll(() => said(() => diagnostics.appendChunks([chunk()]))).toMatch("no such table: records");
    expect(diagnostics.queryChunks({}).length).toBeGreaterThan(0);
  });

  function holder(): { readonly database: Database.Database; release(): void } & Disposable {
    const database = new Database(at("diagnostics.db"));
    database.exec("BEGIN IMMEDIATE");
    const release = (): void => void (database.inTransaction && database.exec("COMMIT"));
    return { database, release, [Symbol.dispose]: () => void database.close() };
  }

  function said(use: () => void): string {
    try {
      use();
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  }
});

test("the original reads what we wrote, and we what it wrote", async () => {
  {
    using diagnostics = SqliteDiagnostics.open(at("diagnostics.db"));
    diagnostics.appendRecords([record()]);
  }
  const printed = await withPythonSqlite(
    at("diagnostics.db"),
    `print(database.execute("select ts, worker_session_id, job_id, level, logger_name, message, exc_text from records").fetchone())
database.execute("insert into records (ts, message) values ('2026-11-20T12:00:01+00:00', 'theirs')")
database.execute("insert into stream_chunks (ts, content) values ('2026-11-20T12:00:01.5+00:00', 'theirs')")`,
  );
  expect(printed.trim()).toBe("('2026-11-20T12:00:00.000000+00:00', 's', 'j', 'INFO', 'l', 'm', None)");
  using diagnostics = SqliteDiagnostics.open(at("diagnostics.db"));
  expect(diagnostics.queryRecords({ afterSeq: 1 })).toMatchObject([
    { occurredAt: NOW + 1000, message: "theirs", level: "INFO", loggerName: "" },
  ]);
  expect(diagnostics.queryChunks({})).toMatchObject([{ occurredAt: NOW + 1500, stream: "stdout", workerSessionId: null }]);
});

describe("retention", () => {
  const fill = (): void => {
    using diagnostics = SqliteDiagnostics.open(at("diagnostics.db"));
    diagnostics.appendRecords(
      Array.from({ length: 3000 }, (_, index) => record({ occurredAt: NOW - index * DAY * 0.01, message: "x".repeat(500) })),
    );
    diagnostics.appendChunks([chunk({ occurredAt: NOW - 40 * DAY }), chunk()]);
  };
  const sweep = (policy: RetentionPolicy) => applyRetention({ path: at("diagnostics.db"), policy, nowMs: NOW });
  const left = (): number[] => {
    using diagnostics = SqliteDiagnostics.open(at("diagnostics.db"));
    return [diagnostics.queryRecords({}).length, diagnostics.queryChunks({}).length];
  };

  test("rows older than the limit go, newer ones stay", () => {
    fill();
    expect(sweep({ maxAgeDays: 20, maxTotalMb: null })).toEqual({ recordsDeleted: 999, chunksDeleted: 1 });
    expect(left()).toEqual([2001, 1]);
  });

  test("the oldest go until the rest fits, 500 of each table at a time", () => {
    fill();
    const { recordsDeleted, chunksDeleted } = sweep({ maxAgeDays: 0, maxTotalMb: 1 });
    expect(recordsDeleted).toBeGreaterThan(0);
    expect(recordsDeleted % 500).toBe(0);
    expect(recordsDeleted).toBeLessThan(3000);
    expect(chunksDeleted).toBe(2);
    using diagnostics = SqliteDiagnostics.open(at("diagnostics.db"));
    expect(diagnostics.queryRecords({ limit: 1 })[0]?.seq).toBe(recordsDeleted + 1);
  });

  test("a budget that even an empty file passes ends", () => {
    fill();
    expect(sweep({ maxAgeDays: 0, maxTotalMb: 0.001 })).toEqual({ recordsDeleted: 3000, chunksDeleted: 2 });
  });

  test("no limits delete nothing", () => {
    fill();
    expect(sweep({ maxAgeDays: 0, maxTotalMb: null })).toEqual({ recordsDeleted: 0, chunksDeleted: 0 });
  });

  test("on a thread of its own it does the same, and fails with the same error", async () => {
    fill();
    const task = { path: at("diagnostics.db"), policy: { maxAgeDays: 20, maxTotalMb: null }, nowMs: NOW };
    expect(await retainInBackground(task)).toEqual({ recordsDeleted: 999, chunksDeleted: 1 });
    await expect(retainInBackground({ ...task, path: folder.path })).rejects.toMatchObject({ code: "CJM_STORE_FAILED" });
  });
});
