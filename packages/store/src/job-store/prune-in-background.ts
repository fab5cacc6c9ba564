import { CjmError, errorMessage } from "@cjm/core";
import { runInThread } from "../run-in-thread.ts";
import type { PruneReport, PruneTask } from "./prune-jobs.ts";

const ENTRY = { source: new URL("./prune-thread.ts", import.meta.url), built: new URL("./prune-thread.js", import.meta.url) };

/** Does what `pruneJobs` does on a thread of its own, which keeps no process alive. @throws CjmError CJM_STORE_FAILED */
export async function pruneInBackground(task: PruneTask): Promise<PruneReport> {
  try {
    return await runInThread<PruneReport>(ENTRY, task);
  } catch (error) {
    throw new CjmError("CJM_STORE_FAILED", `The job store ${task.path} could not be pruned: ${errorMessage(error)}.`, {
      cause: error,
      details: { path: task.path },
    });
  }
}
