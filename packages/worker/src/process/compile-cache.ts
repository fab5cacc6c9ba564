import { flushCompileCache } from "node:module";

/** Writes what was compiled so far: Node itself does it at a normal exit, and a worker most often ends by a signal. */
export function saveCompileCache(): void {
  flushCompileCache();
}
