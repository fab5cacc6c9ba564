import { writeFully } from "../capability/direct-output.ts";
import { UsageError } from "../worker-arguments.ts";
import { parseBridgeArguments } from "./bridge-arguments.ts";
import { BridgedWorker } from "./bridged-worker.ts";

// The program behind a launcher that stands for a Python interpreter to hosts of the original. What it imports above is
// little, so that the worker, which has the longest way to go, starts first.
try {
  const options = parseBridgeArguments(process.argv.slice(2));
  const worker = new BridgedWorker(options);
  const { Bridge } = await import("./bridge.ts");
  await new Bridge(options, worker).run();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  writeFully(2, Buffer.from(`${error.message}\n`));
  process.exit(2);
}
