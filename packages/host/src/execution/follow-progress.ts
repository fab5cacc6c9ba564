import type { CallEnvelope, Clock } from "@cjm/core";
import type { Progress } from "@cjm/protocol";
import type { LiveWorker } from "../instances/live-worker.ts";
import type { WorkerInstance } from "../instances/worker-instance.ts";
import { tell } from "../internal/tell.ts";
import { traitsOf } from "../workers/worker-traits.ts";
import { pollProgress } from "./progress-poll.ts";

export type ProgressCallback = (progress: { readonly fraction: number; readonly message: string }) => void;

/** Reports the progress of a call until the returned function is called: what its worker pushes, or answers when it is asked. */
export function followProgress(
  {
    instance,
    live,
    envelope,
    clock,
  }: { readonly instance: WorkerInstance; readonly live: LiveWorker; readonly envelope: CallEnvelope; readonly clock: Clock },
  callback: ProgressCallback | undefined,
): () => void {
  if (callback === undefined) return () => {};
  const report = ({ progress, message }: Progress): void => tell(callback, { fraction: progress, message });
  // Even those that push do so only for calls of a job.
  const isPushed = traitsOf(instance.spec.manifest).pushesProgress && envelope.job_id != null;
  return isPushed ? instance.onProgress(String(envelope.job_id), report) : pollProgress(() => live.client.progress(null), report, clock);
}
