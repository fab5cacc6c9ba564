import { writeFully } from "./capability/direct-output.ts";
import { CapabilityThread } from "./thread/capability-thread.ts";
import { parseWorkerArguments, UsageError } from "./worker-arguments.ts";

// The worker program, loaded by start.mjs. What it imports above is little, so that the thread, which has the longest way to go, starts first;
// server and schemas are loaded beside it.
try {
  const options = parseWorkerArguments(process.argv.slice(2));
  const thread = new CapabilityThread({ ...options, dataDir: process.env["CAPABILITY_DATA_DIR"] || options.environment });
  const { runWorker } = await import("./worker-process.ts");
  await runWorker(options, thread);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  writeFully(2, Buffer.from(`${error.message}\n`));
  process.exit(2);
}
