import { readdirSync } from "node:fs";
import { type DiagnosticsStore, JournalWriter } from "@cjm/core";
import { CapabilityManager } from "@cjm/host";
import { configAt, descendants } from "@cjm/testing";
import { writeFaultManifest } from "../fault-manifest.ts";

// Loads and unloads again and again, and prints what this process holds before and after. Needs --expose-gc.

const [folder, className, rounds] = process.argv.slice(2);
if (folder === undefined || rounds === undefined || globalThis.gc === undefined) {
  throw new Error("usage: node --expose-gc load-loop.ts FOLDER CLASS ROUNDS");
}

/** Numbers of what may leak; the same after as before if nothing does. */
export interface Holdings {
  readonly descriptors: number;
  readonly descendants: number;
  readonly listeners: number;
  /** Timers, sockets, pipes and the like that keep this process alive, sorted. */
  readonly resources: readonly string[];
  readonly heapUsedKib: number;
  readonly rssMib: number;
}

const nowhere: DiagnosticsStore = { appendRecords: () => {}, appendChunks: () => {}, queryRecords: () => [], queryChunks: () => [] };
const journal = new JournalWriter({ append: (events) => events.map(() => 1), query: () => [], count: () => 0 });
const warnings: string[] = [];
process.on("warning", ({ message }) => warnings.push(message));

const fresh = await holdings();
const manager = new CapabilityManager({ config: configAt(folder), searchPaths: [`${folder}/manifests`], journal, diagnostics: nowhere });
writeFaultManifest(folder, "scripted", "tool", className);
manager.discover();
// What is made once, such as compiled code and caches, is no leak.
for (let round = 0; round < 10; round++) await loadAndUnload();
const before = await holdings();
for (let round = 0; round < Number(rounds); round++) await loadAndUnload();
const after = await holdings();
await manager.close();
const closed = await holdings();
console.log(JSON.stringify({ fresh, before, after, closed, warnings }));

async function loadAndUnload(): Promise<void> {
  try {
    await manager.load("tool");
    await manager.execute(
      { instanceId: "tool", target: { channel: "execute", args: [], kwargs: { action: "echo", value: 1 } }, envelope: { job_id: "job" } },
      { signal: new AbortController().signal },
    );
    await manager.unload("tool");
  } catch (error) {
    if (className === "Plain") throw error;
  }
}

async function holdings(): Promise<Holdings> {
  for (let turn = 0; turn < 5; turn++) {
    await new Promise(setImmediate);
    globalThis.gc?.();
  }
  const { heapUsed, rss } = process.memoryUsage();
  return {
    // Without the descriptor that reading the list takes.
    descriptors: readdirSync("/proc/self/fd").length - 1,
    descendants: descendants(process.pid).length,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    resources: process.getActiveResourcesInfo().sort(),
    heapUsedKib: Math.round(heapUsed / 1024),
    rssMib: Math.round(rss / 1024 / 1024),
  };
}
