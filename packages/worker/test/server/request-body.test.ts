import { expect, test } from "vitest";
import { callBody } from "../../src/server/request-body.ts";

const padded = (bytes: number) => JSON.stringify({ envelope: { job_id: "j" }, kwargs: { text: "x".repeat(bytes) } });

test.each([
  ['{"envelope": {"job_id": "é"}}', "string", "é"],
  ["{}", "string", null],
  ["{", "string", null],
  [padded(60_000), "string", "j"],
  [padded(100_000), "object", "j"],
  [padded(1024 * 1024), "object", null],
])("%.40s is read as far as that takes no long", (text, kind, jobId) => {
  const read = callBody(Buffer.from(text));
  expect([typeof read.body, read.jobId, Buffer.from(read.body).toString()]).toEqual([kind, jobId, text]);
});

test("what is no text goes on as it came", () => {
  const bytes = Buffer.from([0x7b, 0xff, 0x7d]);
  expect(callBody(bytes)).toEqual({ body: bytes, jobId: null });
});

test("no body is an empty one", () => {
  expect(callBody(undefined)).toEqual({ body: "", jobId: null });
});
