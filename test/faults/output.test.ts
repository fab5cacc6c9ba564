import type { DiagnosticsStore, OutputChunk } from "@cjm/core";
import { describe, expect, test } from "vitest";
import { expectContained } from "./expect-contained.ts";
import { FaultHost } from "./fault-host.ts";
import type { WorkerLanguage } from "./fault-manifest.ts";

const PATIENCE = { timeout: 60_000 };

const MIB = 1024 * 1024;
const FLOOD_MIB = 100;
/** What the host may hold of a flood, whatever its size: buffers of the pipe, one turn of lines, garbage not yet collected. */
const HELD_MIB = 64;

/** Keeps nothing of what it is given, and remembers how much memory this process had meanwhile. */
class GaugingDiagnostics implements DiagnosticsStore {
  bytes = 0;
  longestLine = 0;
  peakRssMib = 0;

  appendRecords(): void {}

  appendChunks(chunks: readonly OutputChunk[]): void {
    for (const { content } of chunks) {
      this.bytes += content.length;
      this.longestLine = Math.max(this.longestLine, content.length);
    }
    this.peakRssMib = Math.max(this.peakRssMib, process.memoryUsage.rss() / MIB);
  }

  queryRecords(): [] {
    return [];
  }

  queryChunks(): [] {
    return [];
  }
}

describe.each(["node", "python"] as const satisfies readonly WorkerLanguage[])("the %s worker prints", (language) => {
  test(`${FLOOD_MIB} MiB during a call: the host stays small, the call works, the last lines are kept`, async () => {
    const diagnostics = new GaugingDiagnostics();
    await using host = await FaultHost.create({ diagnostics });
    host.install(language);
    await host.load();
    const beforeMib = process.memoryUsage.rss() / MIB;
    expect(await host.call({ action: "print", mib: FLOOD_MIB, stream: "stdout" })).toBeNull();
    const victim = host.victim();
    const hit = host.call({ action: "hang" });
    hit.catch(() => {});
    await expect.poll(() => diagnostics.bytes, PATIENCE).toBeGreaterThan(FLOOD_MIB * 1023 * 1024);
    process.kill(victim.pid, "SIGSEGV");
    const error = { code: "CJM_WORKER_DIED", message: expect.stringMatching(/the end, line 1\n.*the end, line 2\n.*the end, line 3/) };
    await expectContained({ host, victim, hit, error, died: { phase: "died", returncode: -11 } });
    const growth = Math.round(diagnostics.peakRssMib - beforeMib);
    console.info(`${language}: ${FLOOD_MIB} MiB of output cost the host at most ${growth} MiB (from ${Math.round(beforeMib)} MiB)`);
    expect(growth, `the host grew by ${growth} MiB`).toBeLessThan(HELD_MIB);
  });

  test("10 MiB to its standard error without a newline: it is cut into lines, and the call works", async () => {
    const diagnostics = new GaugingDiagnostics();
    await using host = await FaultHost.create({ diagnostics });
    host.install(language);
    await host.load();
    const victim = host.victim();
    const hit = host.call({ action: "print", mib: 10, stream: "stderr" });
    await expectContained({ host, victim, hit, died: null });
    await expect.poll(() => diagnostics.bytes, PATIENCE).toBeGreaterThan(9 * MIB);
    expect(diagnostics.longestLine).toBeLessThanOrEqual(128 * 1024);
  });
});
