import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { installedCapabilities, installedCapability } from "../src/manifests/installed-capability.ts";

test("a manifest that another removes while they are read is not there, and nothing is wrong with it", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "probe.json");
  for (let attempt = 0; attempt < 10; attempt++) {
    writeFileSync(path, "");
    const read = installedCapabilities(folder.path);
    rmSync(path);
    expect(await read).toEqual([]);
  }
});

test("a link that leads nowhere is refused: what it referred to may be needed", async () => {
  await using folder = await temporaryFolder();
  symlinkSync(join(folder.path, "nowhere"), join(folder.path, "probe.json"));
  const invalid = { code: "CJM_MANIFEST_INVALID" };
  await expect(installedCapabilities(folder.path)).rejects.toMatchObject(invalid);
  await expect(installedCapability(folder.path, "probe")).rejects.toMatchObject(invalid);
});
