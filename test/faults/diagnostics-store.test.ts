import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SqliteDiagnostics } from "@cjm/store";
import { MemoryDiagnostics, skip, temporaryFolder } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { expectContained } from "./expect-contained.ts";
import { FaultHost } from "./fault-host.ts";
import type { WorkerLanguage } from "./fault-manifest.ts";

const PATIENCE = { timeout: 60_000 };

class ThrowingDiagnostics extends MemoryDiagnostics {
  calls = 0;

  override appendRecords(): void {
    this.calls += 1;
    throw new Error("ENOSPC: no space left on device");
  }

  override appendChunks(): void {
    this.calls += 1;
    throw new Error("ENOSPC: no space left on device");
  }
}

describe.each(["node", "python"] as const satisfies readonly WorkerLanguage[])("a diagnostics store that is full (%s)", (language) => {
  test("and throws: calls go on, and an end still has its last output", async () => {
    const diagnostics = new ThrowingDiagnostics();
    await using host = await FaultHost.create({ diagnostics });
    host.install(language);
    await host.load();
    expect(await host.call({ action: "print", mib: 1, stream: "stdout" })).toBeNull();
    const victim = host.victim();
    const hit = host.call({ action: "hang" });
    hit.catch(() => {});
    await expect.poll(() => diagnostics.calls, PATIENCE).toBeGreaterThan(0);
    process.kill(victim.pid, "SIGSEGV");
    const error = { code: "CJM_WORKER_DIED", message: expect.stringContaining("the end, line 3") };
    await expectContained({ host, victim, hit, error, died: { phase: "died" } });
  });

  test("because its disk is: calls go on, and the journal says once that output is lost", async (context) => {
    await using folder = await temporaryFolder("cjm-f-");
    await using disk = smallDisk(join(folder.path, "disk"));
    if (!disk.mounted) skip(context, "a file system of a few KiB can only be mounted by root");
    using diagnostics = SqliteDiagnostics.open(join(disk.path, "diagnostics.db"));
    fill(disk.path);
    await using host = await FaultHost.create({ diagnostics });
    host.install(language);
    await host.load();
    const victim = host.victim();
    const hit = host.call({ action: "print", mib: 1, stream: "stdout" });
    await expectContained({ host, victim, hit, died: null });
    expect(diagnostics.queryChunks({}).length).toBeLessThan(1024);
    const losses = host.journal.events.filter(({ eventType }) => eventType === "diagnostics_lost");
    expect(losses).toMatchObject([{ payload: { reason: expect.stringMatching(/disk is full|disk I\/O error/) } }]);
  });
});

interface SmallDisk extends AsyncDisposable {
  readonly path: string;
  readonly mounted: boolean;
}

function smallDisk(path: string): SmallDisk {
  mkdirSync(path);
  let mounted = true;
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", path], { stdio: "ignore" });
  } catch {
    mounted = false;
  }
  return {
    path,
    mounted,
    [Symbol.asyncDispose]: async () => {
      if (mounted) execFileSync("umount", [path]);
    },
  };
}

/** Leaves no byte free. */
function fill(path: string): void {
  for (let size = 64 * 1024; size >= 1; size = Math.floor(size / 2)) {
    for (let number = 0; ; number++) {
      try {
        writeFileSync(join(path, `${size}-${number}`), "x".repeat(size));
      } catch {
        break;
      }
    }
  }
  expect(existsSync(path)).toBe(true);
}
