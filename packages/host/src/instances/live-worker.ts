import type { DriftReport } from "../discovery/drift.ts";
import type { WorkerClient } from "../workers/worker-client.ts";
import type { WorkerProcess } from "../workers/worker-process.ts";

/** A worker that serves, with the client that reaches it. */
export interface LiveWorker {
  readonly process: WorkerProcess;
  readonly client: WorkerClient;
  /** How the running capability differs from its manifest; null: it does not, or nobody looked. */
  readonly drift: DriftReport | null;
  /** Monotonic milliseconds when it was ready and initialised. */
  readonly readyAtMs: number;
}
