import pico from "picocolors";
import { expect, test } from "vitest";
import { chunkLine, journalLine, jsonLine, recordLine, shortId } from "../../src/logs/log-lines.ts";

const plain = pico.createColors(false);
const AT = new Date(2026, 10, 20, 9, 5, 7).getTime();

test("a row of the journal: keys sorted, snapshot collapsed, long payloads cut", () => {
  const event = { seq: 1, eventId: "e", occurredAt: AT, eventType: "x", payload: { b: { d: 1, c: 2 }, a: 1, job_snapshot: { big: true } } };
  expect(journalLine(event, plain)).toBe(
    `2026-11-20 09:05:07 x${" ".repeat(21)} [job=- run=-] - {"a":1,"b":{"c":2,"d":1},"job_snapshot":"..."}`,
  );
  expect(journalLine({ ...event, payload: { a: "x".repeat(500) } }, plain)).toMatch(/…$/);
});

test("a row that a worker reported says so, under the capability's name", () => {
  const event = { seq: 1, eventId: "e", occurredAt: AT, eventType: "x", capabilityName: "c", workerReported: true, payload: {} };
  expect(journalLine(event, plain)).toContain("] c (worker) {}");
});

test("a record, with its traceback indented", () => {
  const record = {
    seq: 1,
    occurredAt: AT,
    workerSessionId: null,
    jobId: null,
    level: "ERROR",
    loggerName: "l",
    message: "m",
    excText: "a\nb",
  } as const;
  expect(recordLine(record, plain)).toBe("2026-11-20 09:05:07 ERROR    [-|-] l: m\n    a\n    b");
});

test("a chunk loses its line break and nothing else", () => {
  const chunk = { occurredAt: AT, workerSessionId: "0123456789", stream: "stdout", content: "  a \r\n" };
  expect(chunkLine(chunk, plain)).toBe("2026-11-20 09:05:07 [01234567]   a ");
});

test("as JSON the time is ISO 8601", () => {
  expect(jsonLine({ occurredAt: 0 })).toBe('{"occurredAt":"1970-01-01T00:00:00.000Z"}');
});

test.each([
  ["01990000-0000-7000-8000-00000000cafe", "0000cafe"],
  ["f81d4fae-7dec-41d0-a765-00a0c91e6bf6", "f81d4fae"],
  ["short", "short"],
  [null, "-"],
])("a short form of %s", (id, short) => {
  expect(shortId(id)).toBe(short);
});
