import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { changeFile } from "../../src/init/change-file.ts";

test("changes that are made at the same moment are all there, and nothing beside the file", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "sub", "list.yaml");
  await Promise.all(["a", "b", "c"].map((line) => changeFile(path, (before) => `${before ?? "# list\n"}${line}\n`)));
  expect(readFileSync(path, "utf8").trim().split("\n").sort()).toEqual(["# list", "a", "b", "c"]);
  expect(readdirSync(join(folder.path, "sub"))).toEqual(["list.yaml"]);
});

test("a link stays one, and what it leads to keeps its permissions", async () => {
  await using folder = await temporaryFolder();
  const [target, link] = [join(folder.path, "target"), join(folder.path, "link")];
  writeFileSync(target, "one");
  chmodSync(target, 0o640);
  symlinkSync(target, link);
  await changeFile(link, (before) => `${before} two`);
  expect(readFileSync(target, "utf8")).toBe("one two");
  expect([lstatSync(link).isSymbolicLink(), statSync(target).mode & 0o777]).toEqual([true, 0o640]);
});

test("a change that fails leaves the file as it was", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "file");
  writeFileSync(path, "one");
  const fails = (): string => {
    throw new Error("no");
  };
  await expect(changeFile(path, fails)).rejects.toThrow("no");
  expect(readdirSync(folder.path).map((name) => readFileSync(join(folder.path, name), "utf8"))).toEqual(["one"]);
});
