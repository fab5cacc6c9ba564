import { expect, test } from "vitest";
import { formatTimestamp, parseTimestamp } from "../src/index.ts";

test("always six digits and the offset", () => {
  expect(formatTimestamp(Date.UTC(2026, 10, 20, 20, 10, 5, 637) + 0.25)).toBe("2026-11-20T20:10:05.637250+00:00");
  expect(formatTimestamp(0)).toBe("1970-01-01T00:00:00.000000+00:00");
});

test.each([
  ["2026-11-20T20:10:05.637250+00:00", Date.UTC(2026, 10, 20, 20, 10, 5, 637) + 0.25],
  ["2026-11-20 20:10:05.5+00:00", Date.UTC(2026, 10, 20, 20, 10, 5, 500)],
  ["2026-11-20T20:10:05+00:00", Date.UTC(2026, 10, 20, 20, 10, 5)],
  ["2026-11-20T22:10:05+02:00", Date.UTC(2026, 10, 20, 20, 10, 5)],
  ["yesterday", null],
])("reads %s", (text, unixMs) => {
  const read = parseTimestamp(text);
  if (unixMs === null) expect(read).toBeNull();
  else expect(read).toBeCloseTo(unixMs, 2);
});
