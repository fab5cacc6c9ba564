import type { ProgressFrame } from "../workers/control-channel.ts";
import type { WorkerClient } from "../workers/worker-client.ts";
import type { WorkerProcess } from "../workers/worker-process.ts";
import type { InstanceServices } from "./instance-services.ts";
import { withStallWatch } from "./stall-watch.ts";

export interface LifecycleCall<Result> {
  /** `initialise`, `prefetch`. */
  readonly name: string;
  readonly worker: { readonly process: WorkerProcess; readonly client: WorkerClient };
  readonly instanceId: string;
  readonly services: Pick<InstanceServices, "clock" | "config" | "ids">;
  readonly onProgress: (jobId: string, listener: (frame: ProgressFrame) => void) => () => void;
  readonly thresholdMs?: number;
  readonly signal?: AbortSignal;
  readonly run: (jobId: string, signal: AbortSignal | undefined) => Promise<Result>;
}

/**
 * Runs what may take minutes under a job id of its own, so that its progress is told from that of calls: it ends with its
 * result, with the worker's death, with the signal, or when it stands still.
 * @throws CjmError CJM_WORKER_STALLED, CJM_WORKER_DIED, or what the capability raised
 */
export async function runLifecycleCall<Result>(call: LifecycleCall<Result>): Promise<Result> {
  const { name, worker, instanceId, services, signal } = call;
  const { process, client } = worker;
  const jobId = services.ids.jobId();
  const died = process.exited.then(() => Promise.reject(process.deathError(`during its ${name}`)));
  died.catch(() => {});
  return await withStallWatch<Result>({
    name,
    instanceId,
    thresholdMs: call.thresholdMs ?? services.config.stallThresholdMs,
    silenceCounts: services.config.stallCountsSilence,
    clock: services.clock,
    run: () => Promise.race([call.run(jobId, signal), died]),
    progress: () => client.progress(jobId),
    onPushed: (listener) => call.onProgress(jobId, listener),
    giveUp: (reason) => process.terminate(reason, 0),
    lastOutput: () => process.lastOutput,
  });
}
