import { CjmError } from "../errors/cjm-error.ts";

/** How many hex digits of each hash a leaf's name carries, 1 to 64. */
export interface CacheHashLengths {
  readonly input: number;
  readonly config: number;
}

/** The original's. */
export const CACHE_HASH_LENGTHS: CacheHashLengths = { input: 6, config: 12 };

/** Where the cache directories of one input and one action lie. */
export interface CacheFolder {
  /** Folder of the capability's own data. */
  readonly dataDir: string;
  /** One path component, such as `convert`. */
  readonly action: string;
  /** Path of the input file, or the text that names the input, such as a URL. */
  readonly input: string;
}

export interface CacheDirectory extends CacheFolder {
  /** Hex digits, with or without a tag such as `sha256:`. */
  readonly inputHash: string;
  readonly configHash: string;
  /** @default CACHE_HASH_LENGTHS */
  readonly lengths?: CacheHashLengths | undefined;
}

/**
 * `<data dir>/<action>/<stem>/<input hash>_<config hash>`, to the byte the layout of the original: the same content, action
 * and configuration always have the same directory, and any other has another.
 * @throws CjmError CJM_INPUT_INVALID when the action is no single path component, or a hash is none
 */
export function cacheDirectoryPath({ inputHash, configHash, lengths, ...folder }: CacheDirectory): string {
  return `${cacheFolderPath(folder)}/${cacheLeafName(inputHash, configHash, lengths)}`;
}

/** `<data dir>/<action>/<stem>`. Inputs of the same stem share it. @throws CjmError CJM_INPUT_INVALID as above */
export function cacheFolderPath({ dataDir, action, input }: CacheFolder): string {
  if (isUnsafeComponent(action)) {
    throw new CjmError("CJM_INPUT_INVALID", `The action '${action}' cannot name a cache folder.`, {
      hint: "Give one name without slashes and control characters, such as 'convert'.",
      details: { action },
    });
  }
  return `${dataDir.replace(/\/+$/, "")}/${action}/${cacheStem(input)}`;
}

/** `<6 hex digits>_<12 hex digits>`. @throws CjmError CJM_INPUT_INVALID */
export function cacheLeafName(inputHash: string, configHash: string, lengths: CacheHashLengths = CACHE_HASH_LENGTHS): string {
  return `${hashPrefix(inputHash, lengths.input)}_${hashPrefix(configHash, lengths.config)}`;
}

const STEM_CODE_POINTS = 100;
/** What some file system refuses, and every control code up to U+001F. */
const UNSAFE = /[<>:"/\\|?*]|[^\u0020-\u{10ffff}]/gu;

/**
 * A name for people, made of the last component of a path: without its last suffix, what file systems refuse replaced by `_`,
 * dots and spaces at both ends taken off, at most 100 code points; `_` when nothing is left. `/` separates components.
 */
export function cacheStem(inputPath: string): string {
  const stem = withoutSuffix(lastComponent(inputPath)).replace(UNSAFE, "_");
  const stripped = stem.replace(/^[. ]+/, "").replace(/[. ]+$/, "");
  return stripped === "" ? "_" : Array.from(stripped).slice(0, STEM_CODE_POINTS).join("");
}

function lastComponent(path: string): string {
  const components = path.split("/").filter((component) => component !== "" && component !== ".");
  return components.at(-1) ?? "";
}

/** Python's rule up to its version 3.13: a dot that begins or ends a name begins no suffix. */
function withoutSuffix(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 && dot < name.length - 1 ? name.slice(0, dot) : name;
}

function isUnsafeComponent(name: string): boolean {
  return name === "" || name === "." || name === ".." || /[/\\]|[^\u0020-\u{10ffff}]/u.test(name);
}

/** The first `length` digits of a hash. Anything but hex could lead out of the folder, so it is refused. */
function hashPrefix(hash: string, length: number): string {
  const digits = hash.slice(hash.indexOf(":") + 1);
  if (!/^[0-9a-f]+$/.test(digits) || !Number.isInteger(length) || length < 1) {
    throw new CjmError("CJM_INPUT_INVALID", `'${hash}' with length ${length} cannot name a cache directory.`, {
      hint: "Give a hash in lower-case hex and a length of 1 to 64.",
      details: { hash, length },
    });
  }
  return digits.slice(0, length);
}
