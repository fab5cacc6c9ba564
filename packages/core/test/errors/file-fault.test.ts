import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { fileFault } from "../../src/errors/file-fault.ts";

const folder = mkdtempSync(join(tmpdir(), "cjm-fault-"));
writeFileSync(join(folder, "file"), "");
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  [".", "it is a folder"],
  ["nothing", "there is nothing of that name"],
  ["file/inside", "a part of its path is no folder"],
  ["x".repeat(1000), "its name is too long"],
])("reading %s", (name, expected) => {
  let thrown: unknown;
  try {
    readFileSync(join(folder, name));
  } catch (error) {
    thrown = error;
  }
  expect(fileFault(thrown)).toBe(expected);
});

test("what is about no file stays as it is", () => {
  expect(fileFault(new Error("no JSON"))).toBe("no JSON");
  expect(fileFault("text")).toBe("text");
});
