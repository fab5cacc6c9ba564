import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { temporaryFolder, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { DiagnosticsRecords } from "../../src/original-host/diagnostics-records.ts";
import type { LogFrame } from "../../src/original-host/frame-reader.ts";

const frame = (message: string): LogFrame => ({
  type: "log",
  ts: "2026-11-20T20:10:05.637135+00:00",
  level: "INFO",
  logger: "probe",
  message,
});

function messages(path: string): unknown[] {
  using database = new DatabaseSync(path);
  return database
    .prepare("SELECT message FROM records ORDER BY seq")
    .all()
    .map((row) => row["message"]);
}

describe("DiagnosticsRecords", () => {
  test("makes the file with the first line, and writes the rest at its end", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "below", "d.db");
    const lost: LogFrame[] = [];
    const records = new DiagnosticsRecords(path, "s", (line) => lost.push(line));
    records.write(frame("one"));
    await until("it is written", () => messagesOrNone(path).length === 1);
    records.write(frame("two"));
    records.close();
    expect([messages(path), lost]).toEqual([["one", "two"], []]);
  });

  test("waits for a database that others keep locked", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "d.db");
    const lost: LogFrame[] = [];
    const records = new DiagnosticsRecords(path, "s", (line) => lost.push(line));
    records.write(frame("one"));
    await until("it is written", () => messagesOrNone(path).length === 1);
    using other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    records.write(frame("two"));
    // Long enough for one attempt to fail.
    await new Promise((resolve) => setTimeout(resolve, 400));
    other.exec("ROLLBACK");
    await until("it is written", () => messagesOrNone(path).length === 2);
    records.close();
    expect(lost).toEqual([]);
  });

  test("what cannot be written is said otherwise", async () => {
    await using folder = await temporaryFolder();
    const lost: string[] = [];
    const records = new DiagnosticsRecords(folder.path, "s", (line) => lost.push(line.message));
    records.write(frame("one"));
    records.close();
    expect(lost).toEqual(["one"]);
  });
});

function messagesOrNone(path: string): unknown[] {
  try {
    return messages(path);
  } catch {
    return [];
  }
}
