/**
 * JSON text with everything outside printable ASCII escaped as `\uXXXX`, which changes no value. Python writes JSON so, headers
 * need it, and some readers of line-wise JSON take U+2028 and the like for the end of a line.
 */
export function escapeNonAscii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
