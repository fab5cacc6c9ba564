import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram, temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";

const DEMO = fileURLToPath(new URL("../../scripts/demo", import.meta.url));

test("the demo reads a folder of the caller's, from any working directory, and its counts add up", async () => {
  await using folder = await temporaryFolder("cjm demo ");
  mkdirSync(join(folder.path, "notes/deep/.hidden"), { recursive: true });
  for (const name of ["a.md", "b.txt", "deep/LICENSE", "deep/c.html", "deep/.hidden/not-counted.md", "picture.png"]) {
    writeFileSync(join(folder.path, "notes", name), `Text of ${name}, which somebody wrote.\n`);
  }
  const demo = await runProgram("sh", [DEMO, "notes"], { cwd: folder.path });
  expect(demo.stderr).not.toContain("do not add up");
  expect(demo.stdout).toContain("4 found, 4 counted by find(1), 4 in the graph, 0 left out");
  expect(demo.stdout).toMatch(/Try next \(in .*\):\n {2}scripts\/cjm-ctl call/);
  expect(demo.code).toBe(0);
});

test("the demo refuses what is no folder", async () => {
  const demo = await runProgram("sh", [DEMO, "/nowhere"]);
  expect(demo.code).toBe(1);
  expect(demo.stderr).toContain("there is no folder '/nowhere'");
});
