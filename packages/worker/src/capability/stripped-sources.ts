import { readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { getCompileCacheDir, stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AuthorError } from "./author-error.ts";

interface KeptSource {
  /** Of the file that was stripped; another one means that it has changed. */
  readonly stamp: string;
  readonly source: string;
}

/**
 * JavaScript of TypeScript files, kept from one start to the next in a file beside Node's compile cache, which keeps none that
 * comes from a hook. Node's type stripper, a WebAssembly module, is then needed only for what has changed: loading it takes as
 * long as loading a small capability, and 16 MB.
 */
export class StrippedSources {
  readonly #file: string | null;
  readonly #kept: Map<string, KeptSource>;
  #saving = false;

  /** `directory` is null where nothing is to be kept. @default that of the compile cache */
  constructor(directory: string | null = getCompileCacheDir() ?? null) {
    this.#file = directory === null ? null : join(directory, "stripped-types.json");
    this.#kept = this.#file === null ? new Map() : readKept(this.#file);
  }

  /** The JavaScript of the file at `url`. @throws AuthorError when it has more than types */
  read(url: string): string {
    const path = fileURLToPath(url);
    const { size, ctimeMs } = statSync(path);
    const stamp = `${size}:${ctimeMs}`;
    const kept = this.#kept.get(url);
    if (kept?.stamp === stamp) return kept.source;
    const source = strip(path, url);
    this.#kept.set(url, { stamp, source });
    this.#saveSoon();
    return source;
  }

  /** Once for all files that are loaded in one go. */
  #saveSoon(): void {
    if (this.#file === null || this.#saving) return;
    this.#saving = true;
    setImmediate(() => {
      this.#saving = false;
      this.#save();
    });
  }

  #save(): void {
    if (this.#file === null) return;
    const whole = `${this.#file}.${process.pid}`;
    try {
      writeFileSync(whole, JSON.stringify(Object.fromEntries(this.#kept)));
      renameSync(whole, this.#file);
    } catch {
      // An environment that is not ours to write to: the next start strips again.
    }
  }
}

function strip(path: string, url: string): string {
  try {
    return stripTypeScriptTypes(readFileSync(path, "utf8"), { mode: "strip", sourceUrl: url });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX")) throw error;
    throw new AuthorError(
      `${path} has TypeScript that is more than types: ${error.message}`,
      "Write it without enum, namespace and parameter properties, or publish built JavaScript.",
      { cause: error },
    );
  }
}

/** What an earlier start kept; nothing when there is no such file or it is none of ours. */
function readKept(file: string): Map<string, KeptSource> {
  try {
    const entries = Object.entries(JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>);
    return new Map(entries.filter((entry): entry is [string, KeptSource] => isKept(entry[1])));
  } catch {
    return new Map();
  }
}

function isKept(value: unknown): boolean {
  return (
    typeof value === "object" &&
    value !== null &&
    "stamp" in value &&
    typeof value.stamp === "string" &&
    "source" in value &&
    typeof value.source === "string"
  );
}
