// Entry of the thread that `pruneInBackground` starts: does the one task it was given and ends.
import { parentPort, workerData } from "node:worker_threads";
import { type PruneTask, pruneJobs } from "./prune-jobs.ts";

parentPort?.postMessage(await pruneJobs(workerData as PruneTask));
