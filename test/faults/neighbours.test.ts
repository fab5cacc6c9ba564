import { isRunning, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { expectContained } from "./expect-contained.ts";
import { FaultHost } from "./fault-host.ts";
import type { WorkerLanguage } from "./fault-manifest.ts";

const NEIGHBOURS = ["node", "python", "scripted"] as const satisfies readonly WorkerLanguage[];

interface Misdeed {
  readonly name: string;
  readonly action: string;
  readonly error: object;
  readonly provoke: (host: FaultHost, pid: number) => unknown;
}

const MISDEEDS: readonly Misdeed[] = [
  {
    name: "dies",
    action: "exit",
    error: { code: "CJM_WORKER_DIED", message: expect.stringContaining("about to fall over") },
    provoke: () => {},
  },
  { name: "is killed", action: "hang", error: { code: "CJM_WORKER_OUT_OF_MEMORY" }, provoke: (_host, pid) => process.kill(pid, "SIGKILL") },
  {
    name: "has to be restarted",
    action: "hang",
    error: { code: "CJM_WORKER_DIED" },
    provoke: (host) => host.manager.restart("bad", "it hangs"),
  },
];

describe("while one of several workers", () => {
  test.each(MISDEEDS)("$name, the calls of the others go on", async ({ action, error, provoke }) => {
    await using host = await FaultHost.create();
    for (const language of NEIGHBOURS) host.install(language, language);
    host.install("scripted", "bad");
    await Promise.all([...NEIGHBOURS, "bad"].map((name) => host.load(name, { maxConcurrentCalls: 2 })));
    const before = NEIGHBOURS.map((name) => host.victim(name));
    const victim = host.victim("bad");

    const settled: string[] = [];
    const long = NEIGHBOURS.map((name) => host.call({ action: name === "scripted" ? "wait" : "work" }, name, `long-${name}`));
    for (const [index, call] of long.entries()) call.catch(() => settled.push(NEIGHBOURS[index] ?? ""));
    await until("the long calls run", () => host.output.chunks.filter(({ content }) => content === "working").length === 2);
    const hit = host.call({ action }, "bad", "bad");
    hit.catch(() => {});
    if (action === "hang") await host.printed("hanging");
    await provoke(host, victim.pid);
    await expectContained({ host, victim, hit, error, died: { phase: expect.any(String) } });

    expect(settled).toEqual([]);
    for (const name of NEIGHBOURS) expect(await host.call({ action: "echo", value: name }, name, `short-${name}`)).toBe(name);
    expect(before.map(({ pid }) => isRunning(pid))).toEqual([true, true, true]);
    expect(before.map(({ sessionId }) => host.rows("worker_died", sessionId))).toEqual([[], [], []]);
    for (const name of NEIGHBOURS) await host.manager.requestCancel(name, `long-${name}`);
    for (const call of long) await expect(call).rejects.toMatchObject({ code: "CJM_CANCELLED" });
  });
});
