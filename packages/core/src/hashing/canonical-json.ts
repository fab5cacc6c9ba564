import { createHash } from "node:crypto";
import { escapeNonAscii } from "../ascii-json.ts";
import { PyFloat } from "./py-float.ts";

/**
 * The canonical text that every hash of cjm is taken over: what Python's
 * `json.dumps(value, sort_keys=True, separators=(",", ":"))` prints, so that our hashes equal the original's.
 *
 * A plain JavaScript integer is an int, any other finite number a float; `PyFloat` forces a float, bigint an int.
 * Undefined members are left out.
 * @throws TypeError for a value JSON cannot hold (functions, symbols).
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case "string":
      return quote(value);
    case "boolean":
      return value ? "true" : "false";
    case "bigint":
      return value.toString();
    case "number":
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? String(value) : new PyFloat(value).toString();
    case "object":
      return value === null ? "null" : composite(value);
    default:
      throw new TypeError(`cannot hash a ${typeof value}`);
  }
}

/** `sha256:` and the hex digest of the canonical text. Whatever is falsy in Python's sense hashes as `{}`. */
export function canonicalHash(value: unknown): string {
  const text = canonicalJson(value ?? {});
  return hashBytes(PYTHON_FALSY.has(text) ? "{}" : text);
}

const PYTHON_FALSY = new Set(["null", "[]", '""', "0", "0.0", "-0.0", "false"]);

/** `sha256:` and the hex digest of raw bytes or of a string's UTF-8. */
export function hashBytes(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

function composite(value: object): string {
  if (value instanceof PyFloat) return value.toString();
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  let text = "";
  for (const key of sortedKeys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) text += `${text === "" ? "" : ","}${quote(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

/** Own keys in the order of their code points. Objects that have them so already cost no sorting. */
export function sortedKeys(value: object): readonly string[] {
  const keys = Object.keys(value);
  return keys.every((key, index) => index === 0 || compareCodePoints(keys[index - 1] ?? "", key) < 0) ? keys : keys.sort(compareCodePoints);
}

/** Python sorts strings by code point; JavaScript's `<` compares UTF-16 units, which puts astral characters too early. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return surrogateRank(left) - surrogateRank(right);
  }
  return a.length - b.length;
}

function surrogateRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Printable ASCII without what JSON escapes: most keys and values. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : escapeNonAscii(JSON.stringify(text));
}
