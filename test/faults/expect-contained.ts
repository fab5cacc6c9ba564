import { readFileSync } from "node:fs";
import type { JournalEvent, JsonObject, JsonValue } from "@cjm/core";
import { isRunning, processesWith, until } from "@cjm/testing";
import { expect } from "vitest";
import type { Victim } from "./fault-host.ts";

/** Where it happened: what was journaled there, and a way to call. */
export interface Scene {
  rows(eventType: string, sessionId?: string): readonly JournalEvent[];
  call(kwargs: JsonObject, instanceId: string): Promise<JsonValue>;
}

export interface Aftermath {
  readonly host: Scene;
  readonly victim: Victim;
  /** The call, stream or load that the fault hit; absent when nobody waited for the worker. */
  readonly hit?: Promise<unknown>;
  /** What whoever waited must be told; null when the fault is none of theirs. */
  readonly error?: object | null;
  /** Payload of the one row of the worker's end; null while it must still live. */
  readonly died: { readonly phase: unknown; readonly returncode?: unknown; readonly reason?: unknown } | null;
  /** What the next call on the instance must come to. @default it works */
  readonly next?: () => Promise<unknown>;
}

/** What every fault must leave behind: a caller who knows, no process, the row of the end, and a next call that works. */
export async function expectContained({ host, victim, hit, error = null, died, next }: Aftermath): Promise<void> {
  if (hit !== undefined && error === null) await hit;
  // Not by expect().rejects: among tests that run at the same time that belongs to any of them.
  if (hit !== undefined && error !== null) expect(await rejectionOf(hit)).toMatchObject(error);

  const rows = () => host.rows("worker_died", victim.sessionId);
  if (died === null) {
    expect(isRunning(victim.pid)).toBe(true);
    expect(rows()).toEqual([]);
  } else {
    await until("the worker's end is in the journal", () => rows().length > 0);
    await expectGone(victim);
    expect(rows().map(({ payload }) => payload)).toEqual([
      expect.objectContaining({ returncode: expect.any(Number), reason: expect.stringMatching(/\w/), ...died }),
    ]);
  }

  if (next !== undefined) await next();
  else expect(await host.call({ action: "echo", value: "next" }, victim.instanceId)).toBe("next");
}

/** By tree and by the mark that every process of a worker carries, for those that left the tree. */
export async function expectGone({ tree, sessionId }: Pick<Victim, "tree" | "sessionId">): Promise<void> {
  const left = () => [...new Set([...tree.filter(isRunning), ...processesWith("CJM_WORKER_SESSION_ID", sessionId)])];
  // What is left is said by name, which a deadline alone would not do.
  await until("nothing is left", () => left().length === 0).catch(() => {});
  expect(left().map(commandOf)).toEqual([]);
}

async function rejectionOf(hit: Promise<unknown>): Promise<unknown> {
  return await hit.then(
    (value) => Promise.reject(new Error(`it should have failed, and came to ${JSON.stringify(value)}`)),
    (error: unknown) => error,
  );
}

function commandOf(pid: number): string {
  try {
    return `${pid}: ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()}`;
  } catch {
    return `${pid}`;
  }
}
