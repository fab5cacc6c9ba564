import type { ProgressFrame } from "../workers/control-channel.ts";
import type { WorkerClient } from "../workers/worker-client.ts";
import type { WorkerProcess } from "../workers/worker-process.ts";
import type { InstanceServices } from "./instance-services.ts";
import { withStallWatch } from "./stall-watch.ts";

export interface LifecycleCall<Result> {
  /** What it is, with its article: `the initialisation`, `a prefetch`. */
  readonly name: string;
  readonly worker: { readonly process: WorkerProcess; readonly client: WorkerClient };
  readonly instanceId: string;
  readonly services: Pick<InstanceServices, "clock" | "config" | "ids">;
  readonly onProgress: (jobId: string, listener: (frame: ProgressFrame) => void) => () => void;
  /** @default the workspace's */
  readonly thresholdMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly run: (client: WorkerClient, jobId: string, signal: AbortSignal | undefined) => Promise<Result>;
}

/**
 * Runs what may take minutes under a job id of its own, so that its progress is told from that of calls: it ends with its
 * result, with the worker's death, with the signal, or when it stands still.
 * @throws CjmError CJM_WORKER_STALLED, CJM_WORKER_DIED, or what the capability raised; the signal's reason
 */
export async function runLifecycleCall<Result>(call: LifecycleCall<Result>): Promise<Result> {
  const { name, worker, instanceId, services, signal } = call;
  const { process, client } = worker;
  const jobId = services.ids.jobId();
  const when = `during ${name}`;
  // A connection may outlive its worker, in a descendant that holds it.
  const died = process.exited.then(() => Promise.reject(process.deathError(when)));
  died.catch(() => {});
  const run = async (): Promise<Result> => {
    try {
      return await call.run(client, jobId, signal);
    } catch (error) {
      throw signal?.aborted === true ? signal.reason : await process.explain(error, when);
    }
  };
  return await withStallWatch<Result>({
    name,
    instanceId,
    thresholdMs: call.thresholdMs ?? services.config.stallThresholdMs,
    silenceCounts: services.config.stallCountsSilence,
    clock: services.clock,
    run: () => Promise.race([run(), died]),
    progress: () => client.progress(jobId),
    onPushed: (listener) => call.onProgress(jobId, listener),
    giveUp: (reason) => process.terminate(reason, 0),
    lastOutput: () => process.lastOutput,
  });
}
