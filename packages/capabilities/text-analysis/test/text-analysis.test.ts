import { fileURLToPath } from "node:url";
import { runProgram } from "@cjm/testing";
import { expect, test } from "vitest";

test("the analyses hold on real sentences in several languages", async () => {
  const folder = fileURLToPath(new URL("..", import.meta.url));
  const result = await runProgram("python3", ["-m", "unittest", "discover", "-s", "tests"], {
    cwd: folder,
    env: { PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1" },
  });
  expect(result.stderr).toMatch(/Ran \d+ tests[\s\S]*OK/);
  expect(result.code).toBe(0);
});
