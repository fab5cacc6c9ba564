import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CjmError, systemErrorCode } from "../../src/index.ts";

test.each([
  ["the system's", thrownBy(() => readFileSync("/nowhere/at/all")), "ENOENT"],
  ["Node's", thrownBy(() => new URL("no address")), "ERR_INVALID_URL"],
  ["cjm's", new CjmError("CJM_USAGE", "Wrong.", { hint: "Right." }), "CJM_USAGE"],
  ["one that is no Error", { code: "EPERM" }, "EPERM"],
  ["a plain Error", new Error("ENOENT"), null],
  ["a code that is a number", { code: 7 }, null],
  ["a text", "ENOENT", null],
  ["null", null, null],
  ["undefined", undefined, null],
])("the code of %s", (_what, thrown, code) => {
  expect(systemErrorCode(thrown)).toBe(code);
});

function thrownBy(use: () => unknown): unknown {
  try {
    use();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
