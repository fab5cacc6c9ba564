import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { readLock } from "../../src/lock/environment-lock.ts";
import { type Environment, EnvironmentStore } from "../../src/store/environment-store.ts";

test("what a repair that died set aside is put back once, however many come upon it at the same moment", async () => {
  await using folder = await temporaryFolder();
  const id = "conda-0123456789abcdef";
  const { root } = new EnvironmentStore(folder.path);
  const dead = join(root, ".building-999999999-1-0123456789abcdef");
  mkdirSync(join(`${dead}-old=${id}`, "bin/whole"), { recursive: true });
  mkdirSync(join(root, id, "half/made"), { recursive: true });
  mkdirSync(`${dead}-lock`);
  writeFileSync(dead, id);
  await Promise.all(Array.from({ length: 3 }, () => new EnvironmentStore(folder.path).removeLeftovers()));
  expect(readdirSync(root)).toEqual([id]);
  expect([existsSync(join(root, id, "bin/whole")), existsSync(join(root, id, "half"))]).toEqual([true, false]);
});

test("a lock that is not whole is replaced by that of the same environment made again, a whole one stays", async () => {
  await using folder = await temporaryFolder();
  const store = new EnvironmentStore(folder.path);
  const make = async (): Promise<Environment> => {
    const build = await store.startBuild("node", true);
    writeFileSync(join(build.lockFolder, "package.tgz"), "package");
    return await store.adopt({ recipe: 1 }, build, { interpreter: process.execPath, resolved: { package: "1.0.0" }, lock: {} });
  };
  const { lock, hash } = await make();
  writeFileSync(join(lock, "package.tgz"), "");
  await expect(readLock(lock)).rejects.toMatchObject({ code: "CJM_ENVIRONMENT_LOCK_INVALID" });
  await make();
  expect(await readLock(lock)).toMatchObject({ hash });
  const { ino } = statSync(lock);
  await make();
  expect(statSync(lock).ino).toBe(ino);
});
