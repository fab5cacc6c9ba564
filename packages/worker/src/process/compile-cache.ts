import { existsSync } from "node:fs";
import { enableCompileCache, flushCompileCache } from "node:module";
import { join } from "node:path";

/**
 * Keeps compiled code beside the packages that it was compiled from, which shortens every later start. `NODE_COMPILE_CACHE`
 * names another folder. Each thread asks for it by itself.
 */
export function useCompileCache(environment: string): void {
  const modules = join(environment, "node_modules");
  if (existsSync(modules)) enableCompileCache(process.env["NODE_COMPILE_CACHE"] ?? join(modules, ".cache", "cjm-worker"));
}

/** Writes it now: a worker most often ends by a signal, when Node does not. */
export function saveCompileCache(): void {
  flushCompileCache();
}
