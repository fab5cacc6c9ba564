import { expect, test } from "vitest";
import { didYouMean } from "../../src/index.ts";

test.each([
  ["forEach", ["for_each", "after"], " Did you mean 'for_each'?"],
  ["fnid", ["find", "parse"], " Did you mean 'find'?"],
  ["documnets", ["documents"], " Did you mean 'documents'?"],
  ["x", ["y", "folder"], " Did you mean 'y'?"],
  ["parse", ["graph"], ""],
  ["anything", [], ""],
])("%s among %j", (written, known, phrase) => {
  expect(didYouMean(written, known)).toBe(phrase);
});
