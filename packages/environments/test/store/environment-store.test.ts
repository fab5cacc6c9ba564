import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { EnvironmentStore } from "../../src/store/environment-store.ts";

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
