/**
 * Text of an instant as the original's stores and wire hold it: `YYYY-MM-DDTHH:MM:SS.ffffff+00:00`. Stores compare these
 * as text, so the six digits and the offset are always there.
 */
export function formatTimestamp(unixMs: number): string {
  const wholeMs = Math.floor(unixMs);
  const second = Math.floor(wholeMs / 1000);
  if (second !== latest.second) latest = { second, text: new Date(second * 1000).toISOString().slice(0, -4) };
  const microseconds = Math.min(999, Math.floor((unixMs - wholeMs) * 1000));
  const fraction = (wholeMs - second * 1000) * 1000 + microseconds;
  return `${latest.text}${String(fraction).padStart(6, "0")}+00:00`;
}

/** Rows come many to a second, and a date costs more than all the rest of them. */
let latest = { second: Number.NaN, text: "" };

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
