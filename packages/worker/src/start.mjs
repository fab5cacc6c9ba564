// Where both threads of a worker start. Plain JavaScript that imports nothing: only what is loaded after the compile cache is on
// can come from it. Node keeps stripped types there too, so that a second start from a checkout needs no type stripper.
const { enableCompileCache } = process.getBuiltinModule("node:module");
const { existsSync } = process.getBuiltinModule("node:fs");
const path = process.getBuiltinModule("node:path");
const { isMainThread, workerData } = process.getBuiltinModule("node:worker_threads");

/** The folder whose packages the cache lies beside. */
function environment() {
  if (!isMainThread) return workerData.environment;
  const at = process.argv.indexOf("--environment");
  return path.resolve(at === -1 ? "." : (process.argv[at + 1] ?? "."));
}

const modules = path.join(environment(), "node_modules");
if (existsSync(modules)) enableCompileCache(path.join(modules, ".cache", "cjm-worker"));

await (isMainThread ? import("./main.ts") : import("./capability/thread-entry.ts"));
