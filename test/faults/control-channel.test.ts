import { describe, expect, test } from "vitest";
import { expectContained } from "./expect-contained.ts";
import { FaultHost } from "./fault-host.ts";

const PATIENCE = { timeout: 60_000 };

const MIB = 1024 * 1024;
const LOG = {
  type: "log",
  ts: "2026-11-20T20:10:05Z",
  level: "INFO",
  logger: "scripted",
  message: "whole again",
  job_id: null,
  exc_text: null,
};

const NOISE: readonly (readonly [string, string])[] = [
  ["what is no JSON", "\u0000\u0001 this is no frame\n"],
  ["frames of a type that nobody knows", `${JSON.stringify({ type: "hello", protocol: 1, token: "x".repeat(64), session_id: "s" })}\n`],
  ["frames of the wrong shape", `${JSON.stringify({ type: "progress", progress: "half" })}\n`],
  ["half a frame", JSON.stringify(LOG).slice(0, 30)],
  ["a frame without end", "x".repeat(10 * MIB)],
  ["a second ready frame", `${JSON.stringify({ type: "ready", protocol: 1, pid: 1 })}\n`],
  ["a late failed frame", `${JSON.stringify({ type: "failed", error: { category: "fatal", message: "too late" } })}\n`],
];

describe("a worker that writes to its control channel", () => {
  test.each(NOISE)("%s is served on, and its next frames are read", async (_name, text) => {
    await using host = await FaultHost.create();
    host.install("scripted");
    await host.load();
    const victim = host.victim();
    await expectContained({ host, victim, hit: host.call({ action: "write_control", text }), died: null });
    await host.call({ action: "write_control", text: `\n${JSON.stringify(LOG)}\n` });
    await expect.poll(() => host.output.records.map(({ message }) => message), PATIENCE).toEqual(["whole again"]);
  });
});

describe("a worker that closes its control channel and lives on", () => {
  // It would not notice the end of its host any more.
  test("during a call is ended, and the call fails", async () => {
    await using host = await FaultHost.create();
    host.install("scripted", "tool", "OutlivesHost");
    await host.load();
    const victim = host.victim();
    const hit = host.call({ action: "close_control" });
    await expectContained({
      host,
      victim,
      hit,
      error: { code: "CJM_WORKER_DIED", message: expect.stringContaining("control channel") },
      died: { phase: expect.any(String) },
    });
  });
});
