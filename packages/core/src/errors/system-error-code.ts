/** The `code` of an error of the system, of SQLite or of Node, such as `ENOENT`; null for whatever has none that is a string. */
export function systemErrorCode(thrown: unknown): string | null {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return null;
  return typeof thrown.code === "string" ? thrown.code : null;
}
