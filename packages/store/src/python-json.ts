import { compareCodePoints } from "@cjm/core";

/**
 * JSON text as the original writes it into its stores: keys sorted by code point, `", "` and `": "` as separators,
 * everything outside ASCII escaped. What JSON cannot hold becomes its text.
 */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => pythonJson(item)).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => compareCodePoints(a, b))
      .map(([key, member]) => `${quote(key)}: ${pythonJson(member)}`);
    return `{${members.join(", ")}}`;
  }
  if (value === undefined || (typeof value === "number" && !Number.isFinite(value))) return "null";
  if (value === null || typeof value === "number" || typeof value === "boolean") return JSON.stringify(value);
  return quote(typeof value === "string" ? value : `${value as bigint}`);
}

function quote(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
