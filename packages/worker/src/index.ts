export { printIntrospection } from "./introspection.ts";
export { runWorker } from "./worker-process.ts";
