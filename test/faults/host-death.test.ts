import { fileURLToPath } from "node:url";
import { isRunning, Program, temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { DESCENDANTS } from "./descendants.ts";
import { expectGone } from "./expect-contained.ts";
import { writeFaultManifest } from "./fault-manifest.ts";

const BUSY_HOST = fileURLToPath(new URL("hosts/busy-host.ts", import.meta.url));

test.each(["SIGKILL", "SIGTERM"] as const)("a host that ends by %s with three busy workers leaves nothing", async (signal) => {
  await using folder = await temporaryFolder("cjm-f-");
  writeFaultManifest(folder.path, "node", "node");
  writeFaultManifest(folder.path, "python", "python");
  await using host = new Program(process.execPath, ["--disable-warning=ExperimentalWarning", BUSY_HOST, folder.path]);
  const { sessions, tree } = JSON.parse(await host.line(/^\{/)) as { sessions: string[]; tree: number[] };
  expect(sessions).toHaveLength(3);
  expect(tree.filter(isRunning).length).toBeGreaterThanOrEqual(3 * (1 + Object.keys(DESCENDANTS).length));
  host.kill(signal);
  await host.result;
  for (const sessionId of sessions) await expectGone({ tree, sessionId });
});
