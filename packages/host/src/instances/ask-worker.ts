import type { WorkerClient } from "../workers/worker-client.ts";
import type { LiveWorker } from "./live-worker.ts";

/** Asks a worker something; when that breaks, the error says what became of the worker. */
export async function askWorker<T>(
  { process, client }: Pick<LiveWorker, "process" | "client">,
  when: string,
  ask: (client: WorkerClient) => Promise<T>,
): Promise<T> {
  try {
    return await ask(client);
  } catch (error) {
    throw await process.explain(error, when);
  }
}
