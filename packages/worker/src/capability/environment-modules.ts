import { existsSync, readFileSync } from "node:fs";
import { findPackageJSON, registerHooks } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { AuthorError } from "./author-error.ts";
import { StrippedSources } from "./stripped-sources.ts";

/** Marks a specifier that is to be resolved as if a file in the environment had imported it. */
const FROM_ENVIRONMENT = "cjm-environment:";

/**
 * Imports modules from the environment that a capability was installed into: bare specifiers are looked up from there, and
 * TypeScript below `node_modules`, which Node refuses, is stripped of its types. Hooks stay for the life of the thread.
 */
export class EnvironmentModules {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    const stripped = new StrippedSources();
    const parentURL = pathToFileURL(join(directory, "environment.mjs")).href;
    registerHooks({
      resolve: (specifier, context, nextResolve) =>
        specifier.startsWith(FROM_ENVIRONMENT)
          ? nextResolve(specifier.slice(FROM_ENVIRONMENT.length), { ...context, parentURL })
          : nextResolve(specifier, context),
      load: (url, context, nextLoad) => {
        if (!/^file:.*\/node_modules\/.*\.[mc]?ts$/.test(url)) return nextLoad(url, context);
        const format = context.format?.startsWith("commonjs") || url.endsWith(".cts") ? "commonjs" : "module";
        return { format, source: stripped.read(url), shortCircuit: true };
      },
    });
  }

  /** URL of the module that `specifier` names. @throws AuthorError when the environment has none */
  resolve(specifier: string): string {
    if (specifier.startsWith(".") || isAbsolute(specifier)) return this.#existing(specifier, resolve(this.#directory, specifier));
    try {
      return import.meta.resolve(FROM_ENVIRONMENT + specifier);
    } catch (error) {
      const own = this.#ownEntry(specifier);
      if (own !== null) return own;
      const reason = error instanceof Error ? error.message.replaceAll(FROM_ENVIRONMENT, "") : String(error);
      throw new AuthorError(
        `${specifier} cannot be found from ${this.#directory}: ${reason}`,
        `Install the package there, or name a file (such as ./src/index.ts), and see that its package.json has "exports".`,
        { cause: error },
      );
    }
  }

  async import(specifier: string): Promise<{ readonly url: string; readonly exports: Readonly<Record<string, unknown>> }> {
    const url = this.resolve(specifier);
    return { url, exports: (await import(url)) as Record<string, unknown> };
  }

  #existing(specifier: string, path: string): string {
    if (existsSync(path)) return pathToFileURL(path).href;
    throw new AuthorError(`${specifier} does not exist in ${this.#directory}.`, "Name a file of the capability's package.");
  }

  /** A package under development that has no `exports` cannot import itself by name; its `main` is taken. */
  #ownEntry(specifier: string): string | null {
    const path = join(this.#directory, "package.json");
    if (!existsSync(path)) return null;
    const manifest = JSON.parse(readFileSync(path, "utf8")) as { name?: unknown; main?: unknown };
    if (manifest.name !== specifier) return null;
    const entry = join(this.#directory, typeof manifest.main === "string" ? manifest.main : "index.js");
    return existsSync(entry) ? pathToFileURL(entry).href : null;
  }
}

/** `package.json` of the package that a module belongs to, or null. */
export function packageOf(url: string): Readonly<Record<string, unknown>> | null {
  return readPackage(findPackageJSON(url));
}

/** `package.json` of a dependency as the module at `url` would get it, or null when it is not installed. */
export function dependencyPackage(name: string, url: string): Readonly<Record<string, unknown>> | null {
  try {
    return readPackage(findPackageJSON(name, url));
  } catch {
    return null;
  }
}

function readPackage(path: string | undefined): Readonly<Record<string, unknown>> | null {
  return path === undefined ? null : (JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>);
}
