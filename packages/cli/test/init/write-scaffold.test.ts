import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { writeScaffold } from "../../src/init/write-scaffold.ts";

const FILES = [
  { path: "a.txt", text: "a" },
  { path: "deep/b.txt", text: "b" },
];

test("a scaffold is all or nothing: made, left alone when it is the same, refused when a file differs, replaced by force", async () => {
  await using folder = await temporaryFolder();
  const write = async (options: { force?: boolean; dryRun?: boolean } = {}): Promise<readonly string[]> =>
    (await writeScaffold(FILES, { folder: folder.path, force: false, dryRun: false, ...options })).map(({ change }) => change);

  expect(await write({ dryRun: true })).toEqual(["created", "created"]);
  expect(await readdir(folder.path)).toEqual([]);
  await writeFile(join(folder.path, "a.txt"), "mine");
  await writeFile(join(folder.path, "other.txt"), "mine");
  await expect(write()).rejects.toThrow(join(folder.path, "a.txt"));
  expect(await readdir(folder.path)).toEqual(["a.txt", "other.txt"]);
  expect(await write({ force: true })).toEqual(["replaced", "created"]);
  expect(await write()).toEqual(["unchanged", "unchanged"]);
  expect(await readFile(join(folder.path, "other.txt"), "utf8")).toBe("mine");
});

test("a file where a folder has to be is said", async () => {
  await using folder = await temporaryFolder();
  await writeFile(join(folder.path, "deep"), "");
  await expect(writeScaffold(FILES, { folder: folder.path, force: true, dryRun: false })).rejects.toThrow(
    "a file stands where a folder has to be",
  );
});

test("what the system refuses is said with the path, and is no defect of cjm", async () => {
  await using folder = await temporaryFolder();
  const tooLong = [{ path: `${"x".repeat(300)}.txt`, text: "" }];
  await expect(writeScaffold(tooLong, { folder: folder.path, force: false, dryRun: false })).rejects.toMatchObject({
    code: "CJM_CONFIG_INVALID",
    message: expect.stringContaining("cannot be made: its name is too long"),
  });
});
