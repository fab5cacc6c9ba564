import { Worker } from "node:worker_threads";
import { CjmError, errorMessage } from "@cjm/core";
import type { PruneReport, PruneTask } from "./prune-jobs.ts";

/** Does what `pruneJobs` does on a thread of its own, which keeps no process alive. @throws CjmError CJM_STORE_FAILED */
export async function pruneInBackground(task: PruneTask): Promise<PruneReport> {
  const isSource = import.meta.url.endsWith(".ts");
  const entry = isSource ? new URL("./prune-thread.ts", import.meta.url) : new URL("./prune-thread.js", import.meta.url);
  const thread = new Worker(entry, { workerData: task });
  thread.unref();
  return await new Promise((resolve, reject) => {
    const fail = (error: unknown): void =>
      reject(
        new CjmError("CJM_STORE_FAILED", `The job store ${task.path} could not be pruned: ${errorMessage(error)}.`, {
          cause: error,
          details: { path: task.path },
        }),
      );
    thread.once("message", resolve);
    thread.once("error", fail);
    thread.once("exit", (code) => fail(new Error(`the thread ended with code ${code}`)));
  });
}
