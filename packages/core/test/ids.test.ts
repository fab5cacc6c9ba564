import { expect, test } from "vitest";
import { createIdSource, isInstanceId, uuidV7 } from "../src/index.ts";

test("a version 7 UUID carries its time and sorts by it", () => {
  const early = uuidV7(1_700_000_000_000, "ffffffff-ffff-4fff-bfff-ffffffffffff");
  const late = uuidV7(1_700_000_000_001, "00000000-0000-4000-8000-000000000000");
  expect(early).toBe("018bcfe5-6800-7fff-bfff-ffffffffffff");
  expect(late > early).toBe(true);
});

test("a run id says when the run began", () => {
  const ids = createIdSource(() => Date.UTC(2026, 0, 2, 3, 4, 5));
  expect(ids.runId()).toMatch(/^run_20260102_030405_[0-9a-f]{8}$/);
});

test.each([
  ["documents", true],
  ["a_B-9", true],
  ["", false],
  ["a b", false],
  ["x".repeat(65), false],
])("instance id %j: %s", (text, valid) => {
  expect(isInstanceId(text)).toBe(valid);
});
