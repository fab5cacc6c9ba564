import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runProgram, skip, temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { createFile, replaceFile } from "../../src/store/replace-file.ts";

test("a file is replaced as a whole, and nothing stays beside it", async () => {
  await using folder = await temporaryFolder("cjm-env-");
  const path = join(folder.path, "lock.json");
  await replaceFile(path, "one");
  await replaceFile(path, "two");
  expect(await readFile(path, "utf8")).toBe("two");
  expect(await readdir(folder.path)).toEqual(["lock.json"]);
});

test("what cannot be replaced stays, and nothing stays beside it", async () => {
  await using folder = await temporaryFolder("cjm-env-");
  await mkdir(join(folder.path, "taken", "inside"), { recursive: true });
  await expect(replaceFile(join(folder.path, "taken"), "one")).rejects.toThrow();
  expect(await readdir(folder.path)).toEqual(["taken"]);
});

test("of several who make a file at the same moment one does, whole, and the others are told", async () => {
  await using folder = await temporaryFolder("cjm-env-");
  const path = join(folder.path, "new.json");
  const texts = ["one", "two", "three", "four"];
  const made = await Promise.all(texts.map((text) => createFile(path, text)));
  expect(made.filter((isMade) => isMade)).toHaveLength(1);
  expect(await readFile(path, "utf8")).toBe(texts[made.indexOf(true)]);
  expect(await readdir(folder.path)).toEqual(["new.json"]);
});

test("a disk that fills up in the middle is an error, and the file stays as it was", async (context) => {
  await using folder = await temporaryFolder("cjm-env-");
  const disk = join(folder.path, "disk");
  await mkdir(disk);
  const mount = await runProgram("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", disk]);
  if (mount.code !== 0) skip(context, `cannot mount a small disk here: ${mount.stderr.trim()}`);
  try {
    const path = join(disk, "lock.json");
    await writeFile(path, "whole");
    await expect(replaceFile(path, "x".repeat(200_000))).rejects.toMatchObject({ code: "ENOSPC" });
    expect(await readFile(path, "utf8")).toBe("whole");
    expect(await readdir(disk)).toEqual(["lock.json"]);
  } finally {
    await runProgram("umount", ["-l", disk]);
  }
});
