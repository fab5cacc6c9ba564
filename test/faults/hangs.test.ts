import { createPipeline } from "@cjm/pipeline";
import { configAt, descendants, temporaryFolder, until } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { expectContained, type Scene } from "./expect-contained.ts";
import { FaultHost, type Victim } from "./fault-host.ts";
import { type WorkerLanguage, writeFaultManifest } from "./fault-manifest.ts";

const LANGUAGES = ["node", "python"] as const satisfies readonly WorkerLanguage[];

describe.concurrent.each(LANGUAGES)("the %s worker hangs", (language) => {
  test("while it is initialised: the load fails when there was no progress for the threshold", async () => {
    await using host = await FaultHost.create({ config: { stallThresholdMs: 2_000 } });
    host.install(language);
    const hit = host.load("tool", { config: { initialize: "hangs" } });
    hit.catch(() => {});
    await host.printed("initialising");
    const victim = host.victim();
    const error = { code: "CJM_WORKER_STALLED", message: expect.stringContaining("initialising") };
    await expectContained({
      host,
      victim,
      hit,
      error,
      died: { phase: expect.stringMatching(/\w/) },
      next: () => host.expectLoadable(language),
    });
  });

  test("while it is initialised, and whoever loads it gives up", async () => {
    await using host = await FaultHost.create();
    host.install(language);
    const controller = new AbortController();
    const hit = host.load("tool", { config: { initialize: "hangs" }, signal: controller.signal });
    hit.catch(() => {});
    await host.printed("initialising");
    const victim = host.victim();
    controller.abort(new Error("enough"));
    await expectContained({
      host,
      victim,
      hit,
      error: { message: "enough" },
      died: { phase: "startup" },
      next: () => host.expectLoadable(language),
    });
  });

  test("in its cleanup: unload ends it all the same", async () => {
    await using host = await FaultHost.create();
    host.install(language);
    await host.load("tool", { config: { cleanup: "hangs" } });
    const victim = host.victim();
    const hit = host.manager.unload("tool");
    await expectContained({ host, victim, hit, died: { phase: "cleanup" }, next: () => host.expectLoadable(language) });
  });

  test("because it is stopped (SIGSTOP): unload ends it all the same", async () => {
    await using host = await FaultHost.create();
    host.install(language);
    await host.load();
    const victim = host.victim();
    process.kill(victim.pid, "SIGSTOP");
    const hit = host.manager.unload("tool");
    await expectContained({ host, victim, hit, died: { phase: "cleanup", returncode: -9 }, next: () => host.expectLoadable(language) });
  });

  test("in a call that is unloaded from under it: the caller is told why", async () => {
    await using host = await FaultHost.create();
    host.install(language);
    await host.load();
    const hit = host.call({ action: "hang" });
    hit.catch(() => {});
    await host.printed("hanging");
    const victim = host.victim();
    await host.manager.unload("tool");
    const error = { code: "CJM_WORKER_DIED", message: expect.stringContaining("unloaded") };
    await expectContained({ host, victim, hit, error, died: { phase: "cleanup" }, next: () => host.expectLoadable(language) });
  });

  test("in a call that ignores its cancellation: the caller may give up, and a restart frees the instance", async () => {
    await using host = await FaultHost.create();
    host.install(language);
    await host.load();
    const hit = host.call({ action: "hang" });
    hit.catch(() => {});
    await host.printed("hanging");
    const victim = host.victim();
    await host.manager.requestCancel("tool", "job");
    await host.manager.restart("tool", "its call did not stop");
    const error = { code: "CJM_WORKER_DIED", message: expect.stringContaining("its call did not stop") };
    await expectContained({
      host,
      victim,
      hit,
      error,
      died: { phase: "restart", reason: expect.stringContaining("its call did not stop") },
    });
  });

  test("in a job that ignores its cancellation: the queue restarts the worker, and the next job runs", async () => {
    await using folder = await temporaryFolder("cjm-f-");
    writeFaultManifest(folder.path, language, "tool");
    await using pipeline = await createPipeline({ config: configAt(folder.path) });
    const controller = new AbortController();
    const hit = pipeline.run({ instance: "tool", action: "hang", signal: controller.signal });
    hit.catch(() => {});
    await until("it hangs", () => pipeline.diagnostics.queryChunks({}).some(({ content }) => content === "hanging"));
    const host: Scene = {
      rows: (eventType, workerSessionId) =>
        pipeline.journal.query({ eventType, ...(workerSessionId === undefined ? {} : { workerSessionId }) }),
      call: (args, instance) => pipeline.run({ instance, args }),
    };
    const victim = victimIn(host);
    controller.abort();
    await expectContained({ host, victim, hit, error: { code: "CJM_CANCELLED" }, died: { phase: "restart" } });
  });
});

describe.concurrent("a scripted worker", () => {
  test("that ignores SIGTERM is ended by unload all the same", async () => {
    await using host = await FaultHost.create();
    host.install("scripted", "tool", "IgnoresTerm");
    await host.load();
    const victim = host.victim();
    const hit = host.manager.unload("tool");
    await expectContained({
      host,
      victim,
      hit,
      died: { phase: "cleanup", returncode: -9 },
      next: () => host.expectLoadable("scripted"),
    });
  });

  test("that never answers initialise stalls", async () => {
    await using host = await FaultHost.create({ config: { stallThresholdMs: 2_000 } });
    host.install("scripted", "tool", "IgnoresInitialize");
    const hit = host.load("tool", { config: { model: "small" } });
    hit.catch(() => {});
    await host.printed("initialising");
    const victim = host.victim();
    await expectContained({
      host,
      victim,
      hit,
      error: { code: "CJM_WORKER_STALLED" },
      died: { phase: expect.any(String) },
      next: () => host.expectLoadable("scripted"),
    });
  });

  test("that never answers a call costs the caller's own deadline", async () => {
    await using host = await FaultHost.create();
    host.install("scripted");
    await host.load("tool", { maxConcurrentCalls: 2 });
    const hit = host.call({ action: "hang" });
    hit.catch(() => {});
    await host.printed("hanging");
    const victim = host.victim();
    expect(await host.call({ action: "echo", value: "beside it" })).toBe("beside it");
    await host.manager.restart("tool", "it does not answer");
    await expectContained({ host, victim, hit, error: { code: "CJM_WORKER_DIED" }, died: { phase: "restart" } });
  });
});

function victimIn(scene: Scene): Victim {
  const [spawned] = scene.rows("worker_spawned");
  const pid = Number(spawned?.payload["pid"]);
  return { instanceId: "tool", pid, sessionId: spawned?.workerSessionId ?? "", tree: [pid, ...descendants(pid)] };
}
