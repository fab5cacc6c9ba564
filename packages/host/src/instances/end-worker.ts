import { constants } from "node:os";
import type { WorkerClient } from "../workers/worker-client.ts";
import { reasonOfExit, returnCode, type WorkerExit } from "../workers/worker-exit.ts";
import type { WorkerProcess } from "../workers/worker-process.ts";
import { traitsOf } from "../workers/worker-traits.ts";
import type { InstanceServices } from "./instance-services.ts";
import type { InstanceSpec } from "./instance-spec.ts";
import { recordEvent } from "./record-event.ts";

export interface WorkerEnd {
  readonly spec: InstanceSpec;
  readonly services: InstanceServices;
  /** `startup`, `cleanup`, `restart`, `evicted`, `died`. */
  readonly phase: string;
  /** Why it is ended. One that died before keeps how it died. */
  readonly reason: string;
  readonly graceMs: number;
}

const CLEANUP_MS = 2_000;

/** Ends a worker with everything it started, lets go of its connections, and leaves a row that says how and why. */
export async function endWorker(
  worker: { readonly process: WorkerProcess; readonly client: WorkerClient | null },
  { spec, services, phase, reason, graceMs }: WorkerEnd,
): Promise<WorkerExit> {
  if (graceMs > 0) await cleanUp(worker, spec);
  const exit = await worker.process.terminate(reason, graceMs);
  await worker.client?.[Symbol.asyncDispose]();
  const payload = { phase, returncode: returnCode(exit, constants.signals), reason: reasonOfExit(exit) };
  recordEvent(services, spec, { type: "worker_died", payload, sessionId: worker.process.sessionId });
  return exit;
}

/** Those that do it by themselves must not do it twice. */
async function cleanUp(
  { process, client }: { readonly process: WorkerProcess; readonly client: WorkerClient | null },
  spec: InstanceSpec,
): Promise<void> {
  if (client === null || process.exit !== null || traitsOf(spec.manifest).cleansUpOnSignal) return;
  // It is about to end: what goes wrong now changes nothing.
  await client.cleanup(CLEANUP_MS).catch(() => {});
}
