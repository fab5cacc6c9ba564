import { isRunning } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { DESCENDANTS } from "./descendants.ts";
import { expectContained } from "./expect-contained.ts";
import { FaultHost, type Victim } from "./fault-host.ts";
import type { WorkerLanguage } from "./fault-manifest.ts";

interface End {
  readonly name: string;
  readonly phase: string;
  readonly end: (host: FaultHost, victim: Victim) => Promise<unknown>;
  /** The instance is still loaded. */
  readonly loaded: boolean;
}

const ENDS: readonly End[] = [
  { name: "it is unloaded", phase: "cleanup", loaded: false, end: (host) => host.manager.unload("tool") },
  { name: "it is unloaded while its cleanup hangs", phase: "cleanup", loaded: false, end: (host) => host.manager.unload("tool") },
  { name: "it is restarted", phase: "restart", loaded: true, end: (host) => host.manager.restart("tool", "for a test") },
  { name: "it is killed with SIGKILL", phase: "died", loaded: true, end: async (_host, { pid }) => process.kill(pid, "SIGKILL") },
  { name: "it is ended with SIGTERM", phase: "died", loaded: true, end: async (_host, { pid }) => process.kill(pid, "SIGTERM") },
];

const CASES = (["node", "python"] as const satisfies readonly WorkerLanguage[]).flatMap((language) =>
  ENDS.map((end) => ({ language, ...end })),
);

describe.concurrent("whatever a worker has started is gone", () => {
  test.each(CASES)("when $name ($language)", async ({ name, language, phase, end, loaded }) => {
    await using host = await FaultHost.create();
    host.install(language);
    await host.load("tool", name.includes("hangs") ? { config: { cleanup: "hangs" } } : {});
    const started: number[] = [];
    for (const line of Object.values(DESCENDANTS)) started.push(...((await host.call({ action: "start", line })) as number[]));
    expect(started.filter(isRunning)).toHaveLength(Object.keys(DESCENDANTS).length);
    const found = host.victim();
    const victim = { ...found, tree: [...new Set([...found.tree, ...started])] };
    const hit = end(host, victim);
    const next = async (): Promise<void> => {
      if (!loaded) await host.load();
      expect(await host.call({ action: "echo", value: "next" })).toBe("next");
    };
    await expectContained({ host, victim, hit, died: { phase }, next });
  });
});
