import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { skip, temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { makeFolder } from "../../src/init/make-folder.ts";

test("makes what is missing, and takes what is there", async () => {
  await using folder = await temporaryFolder("cjm-cli-");
  const path = join(folder.path, "a/b/c");
  await makeFolder(path);
  await makeFolder(path);
  expect(existsSync(path)).toBe(true);
});

test("several that make the same folders at the same moment all get them", async () => {
  await using folder = await temporaryFolder("cjm-cli-");
  const path = join(folder.path, "a/b/c/d");
  await Promise.all(Array.from({ length: 4 }, () => makeFolder(path)));
  expect(existsSync(path)).toBe(true);
});

test("a file in the way is an error", async () => {
  await using folder = await temporaryFolder("cjm-cli-");
  await writeFile(join(folder.path, "file"), "");
  await expect(makeFolder(join(folder.path, "file/inside"))).rejects.toMatchObject({ code: "ENOTDIR" });
});

test("a file system that makes no folders is an error, not an endless wait", async (context) => {
  if (!existsSync("/proc/self")) skip(context, "there is no /proc here");
  await expect(makeFolder("/proc/x/y")).rejects.toMatchObject({ code: "ENOENT" });
});
