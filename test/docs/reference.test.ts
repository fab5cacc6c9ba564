import { fileURLToPath } from "node:url";
import { runProgram } from "@cjm/testing";
import { expect, test } from "vitest";

test("generated reference pages are what the code says today", async () => {
  const script = fileURLToPath(new URL("../../scripts/generate-reference.ts", import.meta.url));
  const result = await runProgram(process.execPath, [script, "--check"]);
  expect(result.stderr).toBe("");
  expect(result.code).toBe(0);
});
