import { constants } from "node:os";
import type { WorkerClient } from "../workers/worker-client.ts";
import { reasonOfExit, returnCode, type WorkerExit } from "../workers/worker-exit.ts";
import type { WorkerProcess } from "../workers/worker-process.ts";
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

/** Ends a worker with everything it started, lets go of its connections, and leaves a row that says how and why. */
export async function endWorker(
  worker: { readonly process: WorkerProcess; readonly client: WorkerClient | null },
  { spec, services, phase, reason, graceMs }: WorkerEnd,
): Promise<WorkerExit> {
  const exit = await worker.process.terminate(reason, graceMs);
  await worker.client?.[Symbol.asyncDispose]();
  const payload = { phase, returncode: returnCode(exit, constants.signals), reason: reasonOfExit(exit) };
  recordEvent(services, spec, { type: "worker_died", payload, sessionId: worker.process.sessionId });
  return exit;
}
