import { newSha256 } from "./new-sha256.ts";

/**
 * `sha256:` and hex of a configuration as JSON: keys sorted by code point, no spaces, ASCII, numbers as Python prints them, so
 * that it equals what Python and the host compute. A whole number is an integer, a bigint too. Members that are undefined are
 * left out; nothing counts as `{}`.
 *
 * The rules are those of the host's canonical hashing. They stand here once more because this package is installed into
 * environments by itself; a test holds both to the same answers.
 * @throws TypeError naming the member that JSON cannot hold
 */
export function configHash(config: Readonly<Record<string, unknown>> | null | undefined): string {
  return sha256(canonicalJson(config ?? {}, "config"));
}

/** `sha256:` and hex of a text's UTF-8. */
export function sha256(text: string): string {
  return `sha256:${newSha256().update(text).digest("hex")}`;
}

function canonicalJson(value: unknown, path: string): string {
  if (value === null || typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "string") return quote(value);
  if (typeof value === "number") return numberText(value);
  if (Array.isArray(value)) return `[${value.map((item, index) => canonicalJson(item ?? null, `${path}[${index}]`)).join(",")}]`;
  if (!isPlainObject(value)) {
    throw new TypeError(`${path} cannot be part of a cache directory's name: it is no JSON value. Give text or numbers instead.`);
  }
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => compareCodePoints(a, b))
    .map(([key, member]) => `${quote(key)}:${canonicalJson(member, `${path}.${key}`)}`);
  return `{${members.join(",")}}`;
}

/** A `Date` or a `Map` has no members of its own, so that all of them would hash alike. */
function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Python's `repr`: shortest digits that read back the same, positional for exponents from -4 to 15. */
function numberText(value: number): string {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : `${value}`;
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const [mantissa = "0", exponentText = "0"] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const padded = String(Math.abs(exponent)).padStart(2, "0");
    return `${sign}${mantissa}e${exponent < 0 ? "-" : "+"}${padded}`;
  }
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  return `${sign}${digits.slice(0, exponent + 1).padEnd(exponent + 1, "0")}.${digits.slice(exponent + 1) || "0"}`;
}

function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** JavaScript's `<` compares UTF-16 units, which puts characters beyond U+FFFF too early. */
function compareCodePoints(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  const at = left.findIndex((character, index) => character !== right[index]);
  if (at === -1) return left.length - right.length;
  return (left[at]?.codePointAt(0) ?? -1) - (right[at]?.codePointAt(0) ?? -1);
}
