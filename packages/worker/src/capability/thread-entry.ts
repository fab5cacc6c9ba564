import { mkdirSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { compactHeapSoon } from "../process/compact-heap.ts";
import { saveCompileCache } from "../process/compile-cache.ts";
import { CallMemories } from "../thread/call-memories.ts";
import type { FromThread, LoadedCapability, LogLevel, ThreadData, ToThread } from "../thread/thread-messages.ts";
import { AuthorError } from "./author-error.ts";
import { writeDirectly } from "./direct-output.ts";
import { EnvironmentModules } from "./environment-modules.ts";
import { errorFacts } from "./error-facts.ts";
import { type CapabilityInHand, loadCapability } from "./load-capability.ts";
import { OperationRunner } from "./operation-runner.ts";
import { structuralSurface } from "./structural-surface.ts";
import { TaskAdapters } from "./task-adapters.ts";

// The program of the capability's thread, loaded by start.mjs: loads the capability, says so, then runs what it is asked for.

const options = workerData as ThreadData;
const port = parentPort;
if (port === null) throw new Error("This file runs on a thread of a worker; start start.mjs instead.");

const post = (message: FromThread, transfer?: ArrayBuffer[]): void => port.postMessage(message, transfer);

writeDirectly(process.stdout, 1);
writeDirectly(process.stderr, 2);

try {
  mkdirSync(options.dataDir, { recursive: true });
  const modules = new EnvironmentModules(options.environment);
  const capability = await loadCapability(modules, options);
  const adapters = new TaskAdapters();
  const minimumLevel = logLevel(process.env["CJM_LOG_LEVEL"]);
  await adapters.bind(options.adapters, modules, capability.instance, (message, excText) =>
    post({ type: "log", atMs: Date.now(), level: "ERROR", logger: "cjm.worker", message, jobId: null, excText }),
  );
  const memories = new CallMemories(options.memories);
  const runner = new OperationRunner({ capability, adapters, memories, dataDir: options.dataDir, minimumLevel, post });
  port.on("message", (message: ToThread) => receive(runner, message));
  post({ type: "loaded", capability: loadedFacts(capability) });
  saveCompileCache();
  compactHeapSoon();
} catch (error) {
  post({ type: "failed", error: errorFacts(error), hint: error instanceof AuthorError ? error.hint : "" });
}

function receive(runner: OperationRunner, message: ToThread): void {
  switch (message.type) {
    case "start":
      // Its failures are outcomes; one that escapes is a defect and ends the worker as an unhandled rejection.
      void runner.start(message);
      return;
    case "cancel":
      runner.cancel(message.id);
      return;
    case "credit":
      runner.credit(message.id, message.chunks);
      return;
    case "abandon":
      runner.abandon(message.id);
      return;
    default:
      message satisfies never;
  }
}

function loadedFacts({ className, cls, instance, declaration, identity }: CapabilityInHand): LoadedCapability {
  return {
    name: identity.name,
    version: identity.version,
    description: identity.description,
    className,
    configSchema: declaration.configSchema,
    workerEnv: declaration.workerEnv,
    actions: declaration.actions,
    surface: structuralSurface(cls),
    monitor: { systemStatus: "getSystemStatus" in instance, listProcesses: "listProcesses" in instance },
  };
}

function logLevel(name: string | undefined): LogLevel {
  const upper = (name ?? "INFO").toUpperCase();
  if (upper === "CRITICAL") return "ERROR";
  return upper === "DEBUG" || upper === "WARNING" || upper === "ERROR" ? upper : "INFO";
}
