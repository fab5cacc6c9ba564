import { PyFloat } from "./py-float.ts";

/** JSON whose numbers keep the kind of their literal: a `PyFloat` for `1.0`, `1e5`, `NaN`; a bigint for `1`. */
export type LosslessJson =
  | null
  | boolean
  | bigint
  | number
  | string
  | PyFloat
  | readonly LosslessJson[]
  | { readonly [key: string]: LosslessJson };

/**
 * Parses JSON without losing what hashes depend on: whether a number was written as an integer or a float, and integers
 * beyond 2^53. Python's bare `NaN`, `Infinity` and `-Infinity` are accepted, as its writers may produce them.
 * @throws SyntaxError when the text is no JSON.
 */
export function parseLosslessJson(text: string): LosslessJson {
  const { source, marks } = markNonFinite(text);
  return JSON.parse(source, (_key, value: unknown, context?: { source?: string }) => {
    if (typeof value === "number" && context?.source !== undefined) {
      return /[.eE]/.test(context.source) ? new PyFloat(value) : BigInt(context.source);
    }
    if (typeof value === "string" && marks !== null && value.startsWith(marks)) return new PyFloat(Number(value.slice(marks.length)));
    return value;
  }) as LosslessJson;
}

/** Replaces bare non-finite tokens by strings with a prefix that the text does not contain; null when there are none. */
function markNonFinite(text: string): { source: string; marks: string | null } {
  if (!/NaN|Infinity/.test(text)) return { source: text, marks: null };
  let marks = "\u0001nonfinite:";
  while (text.includes(marks)) marks += ":";
  const quoted = JSON.stringify(marks).slice(0, -1);
  const source = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (token) => (token.startsWith('"') ? token : `${quoted}${token}"`));
  return { source, marks };
}
