// Entry of the thread that `retainInBackground` starts: does the one task it was given and ends.
import { parentPort, workerData } from "node:worker_threads";
import { applyRetention, type RetentionTask } from "./diagnostics-retention.ts";

parentPort?.postMessage(applyRetention(workerData as RetentionTask));
