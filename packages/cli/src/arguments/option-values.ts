import { usageError } from "../usage-error.ts";

/** An option that takes one value; given twice, the later one counts. */
export function lastValue(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "object" ? value.at(-1) : value;
}

/** An option that may be given several times, as the list of what was given. */
export function allValues(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat();
}

export interface NumberRange {
  /** @default 0 */
  readonly least?: number;
  /** @default 999999999 */
  readonly most?: number;
}

/** Seconds that a timer of Node can wait; a longer one would go off at once. */
export const TIMER_SECONDS: NumberRange = { least: 1, most: 2_147_483 };

/** A whole number of that range. @throws CjmError CJM_USAGE naming the option and what it takes */
export function wholeNumber(option: string, text: string, { least = 0, most = 999_999_999 }: NumberRange = {}): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw usageError(`--${option} takes a whole number from ${least} to ${most}, not '${text}'.`);
}
