import { errorMessage, type JsonValue } from "@cjm/core";
import { usageError } from "../usage-error.ts";

/** `key=text`, or `key:=JSON` for a value that is no text. */
export interface Assignment {
  readonly key: string;
  readonly text: string;
  readonly isJson: boolean;
}

/** Splits at the first `=`. @throws CjmError CJM_USAGE for a text without one, or without a key */
export function parseAssignment(option: string, written: string): Assignment {
  const at = written.indexOf("=");
  const isJson = at > 0 && written[at - 1] === ":";
  const key = written.slice(0, isJson ? at - 1 : Math.max(0, at));
  if (key === "") {
    throw usageError(`--${option} takes NAME=VALUE, not '${written}'.`, `Write it as --${option} name=value.`);
  }
  return { key, text: written.slice(at + 1), isJson };
}

/** All of them by key; of one key that is given twice the last. */
export function textsByKey(option: string, written: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    written.map((item) => {
      const { key, text } = parseAssignment(option, item);
      return [key, text];
    }),
  );
}

/** @throws CjmError CJM_USAGE saying whose text is no JSON */
export function parseJson(what: string, text: string, hint = `Quote it for the shell, as in '{"path": "a.md"}'.`): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw usageError(`${what} is not JSON: ${errorMessage(error)}.`, hint);
  }
}
