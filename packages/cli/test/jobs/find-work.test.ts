import { expect, test } from "vitest";
import { pickWork } from "../../src/jobs/find-work.ts";

const JOB = { kind: "job", id: "01a1ff9a-0b26-7ccc-9f32-02d1b23fa528" } as const;
const OTHER = { kind: "job", id: "01a1ff9a-0b26-7eda-9de3-532106376055" } as const;
const COMPOSITION = { kind: "composition", id: "01a1ff9a-0b16-7091-bddc-17fe5ffd5f68" } as const;
const OWN = { kind: "job", id: "nightly-7" } as const;
const KNOWN = [JOB, OTHER, COMPOSITION, OWN];

test.each([
  [JOB.id, JOB],
  ["b23fa528", JOB],
  ["01a1ff9a-0b26-7c", JOB],
  ["01a1ff9a-0b16", COMPOSITION],
  ["5ffd5f68", COMPOSITION],
  ["nightly", OWN],
  ["nightly-7", OWN],
])("%s is one of them", (written, expected) => {
  expect(pickWork(written, KNOWN)).toBe(expected);
});

test.each([
  ["01a1ff9a", "CJM_USAGE", /^'01a1ff9a' fits 3: job 01a1ff9a-0b26-7ccc.*composition 01a1ff9a-0b16/],
  ["b23fa529", "CJM_JOB_NOT_FOUND", /^Nothing of id 'b23fa529' is known\. Did you mean 'b23fa528'\?$/],
  ["nightly-8", "CJM_JOB_NOT_FOUND", /Did you mean 'nightly-7'\?$/],
  ["what", "CJM_JOB_NOT_FOUND", /^Nothing of id 'what' is known\.$/],
])("%s is %s", (written, code, message) => {
  expect(() => pickWork(written, KNOWN)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
});
