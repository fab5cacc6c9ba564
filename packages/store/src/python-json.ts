import { canonicalJson, compareCodePoints } from "@cjm/core";

/**
 * JSON text as the original writes it into its stores: keys sorted by code point, `", "` and `": "` as separators,
 * everything outside ASCII escaped. Members that are undefined are left out; NaN and infinities, which JSON does not have,
 * are null.
 */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => pythonJson(item)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => compareCodePoints(a, b))
      .map(([key, member]) => `${canonicalJson(key)}: ${pythonJson(member)}`);
    return `{${members.join(", ")}}`;
  }
  if (value === undefined || (typeof value === "number" && !Number.isFinite(value))) return "null";
  return canonicalJson(value);
}
