import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { capabilitiesInUse } from "../../src/install/capabilities-in-use.ts";
import { refuseWhileInUse } from "../../src/install/refuse-while-in-use.ts";

/** A door behind which somebody is who does not say what he does. */
async function silentHost(dataDir: string): Promise<AsyncDisposable> {
  mkdirSync(join(dataDir, "control"), { recursive: true });
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(join(dataDir, "control", `${process.pid}-0a1b2c3d.sock`), resolve));
  return { [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}

test("a host that cannot be asked may use every capability, so that nothing is taken away under it", async () => {
  await using folder = await temporaryFolder("cjm-u-");
  await using _host = await silentHost(folder.path);
  expect(await capabilitiesInUse(folder.path)).toEqual([{ pid: process.pid, names: null }]);
  await expect(refuseWhileInUse(["probe"], folder.path)).rejects.toMatchObject({
    code: "CJM_ENVIRONMENT_BUSY",
    message: `probe may be in use by the host of pid ${process.pid}, which cannot be asked.`,
  });
});

test("without hosts nothing is in use", async () => {
  await using folder = await temporaryFolder();
  expect(await capabilitiesInUse(folder.path)).toEqual([]);
  await refuseWhileInUse(["probe"], folder.path);
});
