import { ManualClock } from "@cjm/testing";
import { describe, expect, test } from "vitest";
import { expectContained } from "./expect-contained.ts";
import { FaultHost, START_TIMEOUT_MS } from "./fault-host.ts";
import type { WorkerLanguage } from "./fault-manifest.ts";

interface Start {
  readonly language: WorkerLanguage;
  readonly className: string;
  /** What it prints before it fails. */
  readonly output: string;
}

const NEVER_READY: readonly Start[] = [
  { language: "node", className: "NeverReady", output: "still loading" },
  { language: "python", className: "NeverReady", output: "still loading" },
  { language: "scripted", className: "Silent", output: "still importing" },
];

describe.concurrent.each(NEVER_READY)("a $language worker that never becomes ready", ({ language, className, output }) => {
  test("is ended at the deadline, with its output in the error", async () => {
    const clock = new ManualClock();
    await using host = await FaultHost.create({ clock });
    host.install(language, "tool", className);
    const hit = host.load();
    hit.catch(() => {});
    await host.printed(output);
    const victim = host.victim();
    clock.advance(START_TIMEOUT_MS);
    const error = { code: "CJM_WORKER_START_TIMEOUT", message: expect.stringContaining(output) };
    await expectContained({
      host,
      victim,
      hit,
      error,
      died: { phase: expect.stringMatching(/^startup/) },
      next: () => host.expectLoadable(language),
    });
  });

  test("is ended when whoever loads it gives up", async () => {
    await using host = await FaultHost.create();
    host.install(language, "tool", className);
    const controller = new AbortController();
    const hit = host.load("tool", { signal: controller.signal });
    hit.catch(() => {});
    await host.printed(output);
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

  test("is ended when the host closes, which does not wait for the deadline", async () => {
    const host = await FaultHost.create({ clock: new ManualClock() });
    host.install(language, "tool", className);
    const hit = host.load();
    hit.catch(() => {});
    await host.printed(output);
    const victim = host.victim();
    await host[Symbol.asyncDispose]();
    await expectContained({
      host,
      victim,
      hit,
      error: { code: expect.stringMatching(/^CJM_/) },
      died: { phase: "startup" },
      next: async () => {},
    });
  });
});

/** One that has reported why is killed or ends by itself, whichever comes first. */
const CANNOT_START: readonly (Omit<Start, "output"> & { readonly returncode: unknown; readonly message: string })[] = [
  { language: "node", className: "CannotStart", returncode: expect.any(Number), message: "there is no model here" },
  { language: "python", className: "CannotStart", returncode: expect.any(Number), message: "there is no model here" },
  { language: "scripted", className: "ExitsAtOnce", returncode: 3, message: "cannot find the model" },
  { language: "scripted", className: "Reports", returncode: expect.any(Number), message: "config: not a zod object" },
];

test.concurrent.each(CANNOT_START)(
  "a $language worker that cannot start ($className) says why",
  async ({ language, className, message, returncode }) => {
    await using host = await FaultHost.create();
    host.install(language, "tool", className);
    const hit = host.load();
    hit.catch(() => {});
    const victim = await host.spawned();
    const error = { code: "CJM_WORKER_START_FAILED", message: expect.stringContaining(message) };
    await expectContained({
      host,
      victim,
      hit,
      error,
      died: { phase: "startup", returncode },
      next: () => host.expectLoadable(language),
    });
  },
);
