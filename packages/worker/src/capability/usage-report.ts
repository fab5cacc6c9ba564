/** What fits into the response header with room to spare, in bytes of ASCII JSON. */
const USAGE_LIMIT_BYTES = 8 * 1024;

export interface MergedUsage {
  readonly usage: Readonly<Record<string, number>>;
  /** Units that were not taken: their amount is no finite number, or there is no room for them. */
  readonly refused: readonly string[];
}

/** Adds a report to what a call has reported so far; a unit reported again is replaced. */
export function mergeUsage(before: Readonly<Record<string, number>>, report: Readonly<Record<string, unknown>>): MergedUsage {
  const merged = new Map(Object.entries(before));
  const refused: string[] = [];
  let bytes = [...merged].reduce((sum, [unit, amount]) => sum + entryBytes(unit, amount), 2);
  for (const [unit, amount] of Object.entries(report)) {
    const replaced = merged.get(unit);
    const added = typeof amount === "number" ? entryBytes(unit, amount) - (replaced === undefined ? 0 : entryBytes(unit, replaced)) : 0;
    if (typeof amount !== "number" || !Number.isFinite(amount) || bytes + added > USAGE_LIMIT_BYTES) {
      refused.push(unit);
      continue;
    }
    merged.set(unit, amount);
    bytes += added;
  }
  return { usage: Object.fromEntries(merged), refused };
}

function entryBytes(unit: string, amount: number): number {
  // Outside ASCII each unit of UTF-16 becomes an escape of six.
  return JSON.stringify(unit).replace(/[^\u0020-\u007e]/g, "\\u0000").length + String(amount).length + 2;
}
