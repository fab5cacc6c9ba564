import { tell } from "../internal/tell.ts";
import type { ProgressFrame } from "../workers/control-channel.ts";

type ProgressListener = (frame: ProgressFrame) => void;

/** Who wants to hear of the progress of which job on one instance; a job may run several calls there at a time. */
export class ProgressListeners {
  readonly #byJob = new Map<string, Set<ProgressListener>>();

  /** Calls `listener` until the returned function is called. */
  listen(jobId: string, listener: ProgressListener): () => void {
    const listeners = this.#byJob.get(jobId) ?? new Set();
    this.#byJob.set(jobId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#byJob.get(jobId) === listeners) this.#byJob.delete(jobId);
    };
  }

  deliver(frame: ProgressFrame): void {
    if (frame.job_id == null) return;
    for (const listener of this.#byJob.get(frame.job_id) ?? []) tell(listener, frame);
  }
}
