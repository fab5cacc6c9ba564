import { canonicalJson, sortedKeys } from "@cjm/core";

/**
 * JSON text as the original writes it into its stores: keys sorted by code point, `", "` and `": "` as separators,
 * everything outside ASCII escaped. Members that are undefined are left out; NaN and infinities, which JSON does not have,
 * are null.
 */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => pythonJson(item)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    let text = "";
    for (const key of sortedKeys(value)) {
      const member = (value as Readonly<Record<string, unknown>>)[key];
      if (member !== undefined) text += `${text === "" ? "" : ", "}${canonicalJson(key)}: ${pythonJson(member)}`;
    }
    return `{${text}}`;
  }
  if (value === undefined || (typeof value === "number" && !Number.isFinite(value))) return "null";
  return canonicalJson(value);
}
