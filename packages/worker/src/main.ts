import { runWorker } from "./worker-process.ts";

await runWorker(process.argv.slice(2));
