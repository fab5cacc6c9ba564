import { CjmError, classifyBareError, type ErrorCategory, errorMessage, isCjmError, isJsonObject, type JsonValue } from "@cjm/core";

/** One item of a fan-out that failed, as `${failures.<id>}` lists it. Small: it may hold neither documents nor results. */
export interface ItemFailure {
  /** Place of the item in its list. */
  readonly index: number;
  /** The item, shortened: long texts cut, nested parts described. */
  readonly item: JsonValue;
  readonly error: { readonly code: string; readonly message: string; readonly category: ErrorCategory };
}

export function itemFailure(index: number, item: JsonValue, thrown: unknown): ItemFailure {
  return {
    index,
    item: shortened(item),
    error: {
      code: isCjmError(thrown) ? thrown.code : "CJM_CALL_FAILED",
      message: cut(errorMessage(thrown), MAX_MESSAGE),
      category: classifyBareError(thrown),
    },
  };
}

/** The failure of a pass through a composition: that of the part it failed by, which is named. */
export function failureByPart(
  index: number,
  item: JsonValue,
  part: { readonly label: string; readonly failure: ItemFailure | null },
): ItemFailure {
  if (part.failure === null) return itemFailure(index, item, new CjmError("CJM_CALL_FAILED", `'${part.label}' failed.`));
  const { code, message, category } = part.failure.error;
  return { index, item: shortened(item), error: { code, message: cut(`'${part.label}' failed: ${message}`, MAX_MESSAGE), category } };
}

const MAX_MESSAGE = 4000;
const MAX_TEXT = 300;
const MAX_FIELDS = 20;

/** A JSON value small enough for a journal row or a report: scalars stay, texts are cut, what is nested is described. */
export function shortened(value: JsonValue): JsonValue {
  if (!isJsonObject(value)) return scalar(value);
  const entries = Object.entries(value);
  return Object.fromEntries(entries.slice(0, MAX_FIELDS).map(([key, field]) => [key, scalar(field)]));
}

function scalar(value: JsonValue): JsonValue {
  if (typeof value === "string") return cut(value, MAX_TEXT);
  if (Array.isArray(value)) return `(list of ${value.length})`;
  if (isJsonObject(value)) return `(object with ${Object.keys(value).length} fields)`;
  return value;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}... (${text.length} characters)`;
}
