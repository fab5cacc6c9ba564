import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";

/** The module that the thread runs: its TypeScript, and what is built of it. It sends one message and ends. */
interface ThreadEntry {
  readonly source: URL;
  readonly built: URL;
}

/**
 * Node strips types by WebAssembly. After so many calls V8 compiles the way out of it anew, and where another thread is at that,
 * too, the whole process may end by SIGSEGV: once in some hundred threads on a crowded machine. So it is never done.
 */
const NEVER_TIER_UP = "--wasm-wrapper-tiering-budget=2000000000";

/**
 * Has one task done on a thread of its own, which keeps no process alive. The task is copied, as for `structuredClone`.
 * @returns the message of the thread
 * @throws what the thread throws; Error when it ends without a message
 */
export async function runInThread<Report>({ source, built }: ThreadEntry, task: object): Promise<Report> {
  const isSource = import.meta.url.endsWith(".ts");
  if (isSource) setFlagsFromString(NEVER_TIER_UP);
  const thread = new Worker(isSource ? source : built, { workerData: task });
  thread.unref();
  return await new Promise<Report>((resolve, reject) => {
    thread.once("message", resolve);
    thread.once("error", reject);
    thread.once("exit", (code) => reject(new Error(`the thread ended with code ${code}`)));
  });
}
