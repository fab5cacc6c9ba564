import { constants } from "node:os";
import { until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { expectContained } from "./expect-contained.ts";
import { FaultHost } from "./fault-host.ts";
import type { WorkerLanguage } from "./fault-manifest.ts";

const LANGUAGES = ["node", "python"] as const satisfies readonly WorkerLanguage[];

interface Kill {
  readonly signal: "SIGKILL" | "SIGTERM" | "SIGSEGV";
  /** What a call is told that the worker took with it. */
  readonly code: string;
  readonly returncode: unknown;
}

/** On SIGTERM a worker that serves ends in good order, with exit code 0. */
const KILLS: readonly Kill[] = [
  { signal: "SIGKILL", code: "CJM_WORKER_OUT_OF_MEMORY", returncode: -constants.signals.SIGKILL },
  { signal: "SIGSEGV", code: "CJM_WORKER_DIED", returncode: -constants.signals.SIGSEGV },
  { signal: "SIGTERM", code: "CJM_WORKER_DIED", returncode: 0 },
];

const CASES = LANGUAGES.flatMap((language) => KILLS.map((kill) => ({ language, ...kill })));

describe.concurrent.each(CASES)("$signal to the $language worker", ({ language, signal, code, returncode }) => {
  test("while it is idle", async () => {
    await using host = await FaultHost.create();
    host.install(language);
    await host.load();
    const victim = host.victim();
    process.kill(victim.pid, signal);
    await expectContained({ host, victim, died: { phase: "died", returncode } });
  });

  test("during a call", async () => {
    await using host = await FaultHost.create();
    host.install(language);
    await host.load();
    const hit = host.call({ action: "hang" });
    hit.catch(() => {});
    await host.printed("hanging");
    const victim = host.victim();
    process.kill(victim.pid, signal);
    await expectContained({
      host,
      victim,
      hit,
      error: { code, message: expect.stringContaining("hanging") },
      died: { phase: "died", returncode },
    });
  });

  test("during a call that would heed its cancellation", async () => {
    await using host = await FaultHost.create();
    host.install(language);
    await host.load();
    const hit = host.call({ action: "work" });
    hit.catch(() => {});
    await host.printed("working");
    const victim = host.victim();
    process.kill(victim.pid, signal);
    // Nobody cancelled it: a job that is told so would not be tried again.
    await expectContained({ host, victim, hit, error: { code }, died: { phase: "died", returncode } });
  });

  test("before it is ready", async () => {
    await using host = await FaultHost.create();
    host.install(language, "tool", "NeverReady");
    const hit = host.load();
    hit.catch(() => {});
    await host.printed("still loading");
    const victim = host.victim();
    process.kill(victim.pid, signal);
    await expectContained({
      host,
      victim,
      hit,
      error: { code: "CJM_WORKER_START_FAILED", message: expect.stringContaining("still loading") },
      // Whether a worker that does not serve yet takes SIGTERM itself is its own affair.
      died: { phase: "startup", returncode: signal === "SIGTERM" ? expect.any(Number) : returncode },
      next: () => host.expectLoadable(language),
    });
  });

  test("while it is initialised", async () => {
    await using host = await FaultHost.create();
    host.install(language);
    const hit = host.load("tool", { config: { initialize: "hangs" } });
    hit.catch(() => {});
    await host.printed("initialising");
    const victim = host.victim();
    process.kill(victim.pid, signal);
    await expectContained({
      host,
      victim,
      hit,
      error: { code, message: expect.stringContaining("initialising") },
      died: { phase: "startup", returncode },
      next: () => host.expectLoadable(language),
    });
  });

  test("in the middle of a stream", async () => {
    await using host = await FaultHost.create();
    host.install(language);
    await host.load();
    const chunks: unknown[] = [];
    const hit = (async () => {
      for await (const chunk of host.stream({ action: "stream", count: 3 })) chunks.push(chunk);
    })();
    hit.catch(() => {});
    await host.printed("streamed");
    await until("what was streamed is here", () => chunks.length === 3);
    const victim = host.victim();
    process.kill(victim.pid, signal);
    await expectContained({
      host,
      victim,
      hit,
      error: { code, message: expect.stringContaining("streamed") },
      died: { phase: "died", returncode },
    });
    expect(chunks).toEqual([0, 1, 2]);
  });

  test("while it is unloaded", async () => {
    // Its own limit for the cleanup ends it, not the host's.
    await using host = await FaultHost.create({ terminationGraceMs: 60_000 });
    host.install(language);
    await host.load("tool", { config: { cleanup: "hangs" } });
    const victim = host.victim();
    const hit = host.manager.unload("tool");
    await host.printed("cleaning up");
    process.kill(victim.pid, signal);
    await expectContained({
      host,
      victim,
      hit,
      // A second SIGTERM changes nothing.
      died: { phase: "cleanup", returncode: signal === "SIGTERM" ? expect.any(Number) : returncode },
      next: () => host.expectLoadable(language),
    });
  });
});

test.each(LANGUAGES)("a call whose %s worker is killed once is tried again on the next", async (language) => {
  await using host = await FaultHost.create({ maxResourceRetries: 1 });
  host.install(language);
  await host.load("tool", { maxConcurrentCalls: 2 });
  const calls = ["first", "second"].map((jobId) => host.call({ action: "work" }, "tool", jobId));
  for (const call of calls) call.catch(() => {});
  await until("both work", () => host.output.chunks.filter(({ content }) => content === "working").length === 2);
  const victim = host.victim();
  process.kill(victim.pid, "SIGKILL");
  await until("both work again", () => host.output.chunks.filter(({ content }) => content === "working").length === 4);
  await expectContained({ host, victim, died: { phase: "died", returncode: -constants.signals.SIGKILL }, next: async () => {} });
  for (const jobId of ["first", "second"]) await host.manager.requestCancel("tool", jobId);
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: "CJM_CANCELLED" });
});
