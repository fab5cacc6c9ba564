import { usageError } from "../usage-error.ts";

/** An option that takes one value; given twice, the later one counts. */
export function lastValue(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === "object" ? value.at(-1) : value;
}

/** An option that may be given several times, as the list of what was given. */
export function allValues(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat();
}

/** A whole number, 0 or more. @throws CjmError CJM_USAGE naming the option */
export function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw usageError(`--${option} takes a whole number, not '${text}'.`);
  return Number(text);
}
