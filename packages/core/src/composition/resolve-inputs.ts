import type { JsonObject, JsonValue } from "../json.ts";
import type { CompositionFault } from "./compiled-value.ts";
import type { Composition, CompositionInput, InputType } from "./composition.ts";
import { compositionInvalid } from "./composition-invalid.ts";
import { didYouMean } from "./did-you-mean.ts";

export interface GivenInputs {
  /** Values of the right type. */
  readonly values?: JsonObject;
  /** Values as typed on a command line, turned into the type that the input declares; they win over `values`. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Makes a `path` absolute. @default paths stay as they are */
  readonly resolvePath?: (path: string) => string;
  /** What to say of a required one that is not given. @default how to give it on the command line */
  readonly missing?: (name: string) => string;
}

/**
 * The value of every input of a composition: given, else its default, else null where it is optional.
 * @throws CjmError CJM_COMPOSITION_INVALID that lists every unknown, missing and wrong input
 */
export function resolveInputs(composition: Pick<Composition, "name" | "inputs">, given: GivenInputs = {}): JsonObject {
  const { missing = (name) => `is required; give it with --set ${name}=...` } = given;
  const faults: CompositionFault[] = [];
  const declared = new Map(Object.entries(composition.inputs));
  const values = new Map(Object.entries(given.values ?? {}));
  const texts = new Map(Object.entries(given.texts ?? {}));
  for (const name of new Set([...values.keys(), ...texts.keys()])) {
    if (!declared.has(name)) {
      const known = declared.size === 0 ? " It has none." : didYouMean(name, declared.keys());
      faults.push({ field: ["inputs", name], message: `the composition has no input '${name}'.${known}` });
    }
  }
  const resolved: [string, JsonValue][] = [];
  for (const [name, input] of declared) {
    const field = ["inputs", name];
    const text = texts.get(name);
    const value = text === undefined ? (values.get(name) ?? input.default) : fromText(input.type, text);
    if (value === undefined && text === undefined) {
      if (input.required) faults.push({ field, message: missing(name) });
      resolved.push([name, null]);
    } else if (value === undefined || (!isOfType(input.type, value) && !(value === null && !input.required))) {
      faults.push({ field, message: `expected ${PHRASES[input.type]}, got ${shown(text ?? value ?? null)}` });
    } else {
      resolved.push([name, input.type === "path" && typeof value === "string" ? (given.resolvePath?.(value) ?? value) : value]);
    }
  }
  if (faults.length > 0) throw compositionInvalid(`The input of composition '${composition.name}'`, faults);
  return Object.fromEntries(resolved);
}

/** A default that is not of its own type. */
export function defaultFaults(name: string, input: CompositionInput): CompositionFault[] {
  if (input.default === undefined || input.default === null || isOfType(input.type, input.default)) return [];
  const message = `expected ${PHRASES[input.type]}, got ${shown(input.default)}`;
  return [{ field: ["inputs", name, "default"], message }];
}

/** Why an input cannot have a value; null when it can. */
export function valueFault(input: CompositionInput, value: JsonValue): string | null {
  const fits = isOfType(input.type, value) || (value === null && (!input.required || input.default !== undefined));
  return fits ? null : `expected ${PHRASES[input.type]}, got ${shown(value)}`;
}

const PHRASES: Record<InputType, string> = {
  string: "text",
  path: "a path",
  number: "a number",
  integer: "a whole number",
  boolean: "true or false",
  list: "a list: a JSON array, or texts with commas between them",
};

function isOfType(type: InputType, value: JsonValue): boolean {
  switch (type) {
    case "string":
    case "path":
      return typeof value === "string";
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "integer":
      return Number.isSafeInteger(value);
    case "boolean":
      return typeof value === "boolean";
    case "list":
      return Array.isArray(value);
    default:
      return type satisfies never;
  }
}

/** Undefined: the text is none of that type. */
function fromText(type: InputType, text: string): JsonValue | undefined {
  switch (type) {
    case "string":
    case "path":
      return text;
    case "number":
    case "integer":
      return text.trim() === "" || !isOfType(type, Number(text)) ? undefined : Number(text);
    case "boolean":
      return BOOLEANS.get(text.trim().toLowerCase());
    case "list":
      return listFromText(text.trim());
    default:
      return type satisfies never;
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["yes", true],
  ["1", true],
  ["false", false],
  ["no", false],
  ["0", false],
]);

function listFromText(text: string): JsonValue | undefined {
  if (text === "") return [];
  if (!text.startsWith("[")) return text.split(",").map((item) => item.trim());
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function shown(value: JsonValue): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
