import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { CallContext } from "../call-context.ts";
import { CapabilityInputError } from "../capability-error.ts";
import { configHash, sha256 } from "./config-hash.ts";
import { hashInput } from "./hash-input.ts";

export interface CacheDirectoryOptions {
  /** One path component, such as `convert`. */
  readonly action: string;
  /** Path of a file, or with the mode `identifier` any text that names the input: a URL, an id. */
  readonly input: string;
  /** What the result depends on besides: JSON values. A whole number is an integer. @default {} */
  readonly config?: Readonly<Record<string, unknown>> | null;
  /** Whether the input is what the file holds or what the text says. @default "content" */
  readonly mode?: "content" | "identifier";
  /** Makes the directory. @default true */
  readonly create?: boolean;
  /** Reads the input whatever is remembered of it. @default false */
  readonly skipInputCache?: boolean;
}

const INPUT_DIGITS = 6;
const CONFIG_DIGITS = 12;
const STEM_CODE_POINTS = 100;
/** What some file system refuses, and every control code up to U+001F. */
const UNSAFE = /[<>:"/\\|?*]|[^\u0020-\u{10ffff}]/gu;

/**
 * The directory for the files that a call makes: `<data dir>/<action>/<stem of the input>/<6 hex>_<12 hex>`. The same input
 * content, action and configuration always have the same one, in every process and language of cjm; any other has another. What
 * is there already can be used again.
 * @throws CapabilityInputError for an unusable action or an input that is no file, TypeError for a configuration that is no JSON,
 * what Node throws when a file cannot be read or the directory not made, CapabilityCancelledError
 */
export async function cacheDirectory(
  ctx: Pick<CallContext, "dataDir" | "throwIfCancelled" | "log">,
  { action, input, config, mode = "content", create = true, skipInputCache = false }: CacheDirectoryOptions,
): Promise<string> {
  if (action === "" || action === "." || action === ".." || /[/\\]|[^\u0020-\u{10ffff}]/u.test(action)) {
    throw new CapabilityInputError(`The action '${action}' cannot name a cache folder: give one name without slashes.`, {
      fields: ["action"],
    });
  }
  const configDigits = digitsOf(configHash(config)).slice(0, CONFIG_DIGITS);
  const inputHash = mode === "identifier" ? sha256(input) : await hashInput(input, ctx, { skipCache: skipInputCache });
  const path = join(ctx.dataDir, action, stemOf(input), `${digitsOf(inputHash).slice(0, INPUT_DIGITS)}_${configDigits}`);
  if (create) await mkdir(path, { recursive: true });
  return path;
}

/** A name for people: the last component of a path without its last suffix, safe for every file system. */
function stemOf(inputPath: string): string {
  const name = inputPath.split("/").findLast((component) => component !== "" && component !== ".") ?? "";
  const dot = name.lastIndexOf(".");
  const stem = (dot > 0 && dot < name.length - 1 ? name.slice(0, dot) : name).replace(UNSAFE, "_");
  const stripped = stem.replace(/^[. ]+/, "").replace(/[. ]+$/, "");
  return stripped === "" ? "_" : Array.from(stripped).slice(0, STEM_CODE_POINTS).join("");
}

function digitsOf(hash: string): string {
  return hash.slice(hash.indexOf(":") + 1);
}
