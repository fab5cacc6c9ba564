/**
 * Text of an instant as the original's stores and wire hold it: `YYYY-MM-DDTHH:MM:SS.ffffff+00:00`. Stores compare these
 * as text, so the six digits and the offset are always there.
 */
export function formatTimestamp(unixMs: number): string {
  const wholeMs = Math.floor(unixMs);
  const microseconds = Math.min(999, Math.floor((unixMs - wholeMs) * 1000));
  return `${new Date(wholeMs).toISOString().slice(0, -1)}${String(microseconds).padStart(3, "0")}+00:00`;
}

/**
 * Unix milliseconds of a stored instant. Accepts what the original writes (fraction left out when zero, a space instead
 * of `T` inside job snapshots) and returns null for anything that is no instant.
 */
export function parseTimestamp(text: string): number | null {
  const match = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  if (match === null) return null;
  const seconds = Date.parse(`${match[1]}T${match[2]}${match[4] ?? "Z"}`);
  if (Number.isNaN(seconds)) return null;
  return seconds + Number(`0.${match[3] ?? "0"}`) * 1000;
}
