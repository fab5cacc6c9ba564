import { isJsonObject, type JsonObject, type JsonValue } from "@cjm/core";
import { usageError } from "../usage-error.ts";
import { type Assignment, parseAssignment, parseJson } from "./assignments.ts";

/** JSON Schema of an action's input, as its manifest has it. */
type InputSchema = Readonly<Record<string, unknown>> | null;

/** Arguments as they stand on the command line, split and parsed but without a type yet. */
export interface WrittenArguments {
  readonly base: JsonObject;
  readonly single: readonly Assignment[];
}

/** Reads what was written: an object given as JSON, and single ones over it. @throws CjmError CJM_USAGE */
export function readArguments(json: string | null, single: readonly string[]): WrittenArguments {
  const base = json === null ? {} : parseJson("--args-json", json);
  if (!isJsonObject(base)) throw usageError("--args-json takes a JSON object.", `Write it as --args-json '{"name": "value"}'.`);
  return { base, single: single.map((written) => parseAssignment("arg", written)) };
}

/**
 * Arguments of a call. A single one is text, unless it is written `:=` or the action declares something else for it.
 * @throws CjmError CJM_USAGE naming what is of another type
 */
export function callArguments({ base, single }: WrittenArguments, schema: InputSchema): JsonObject {
  return { ...base, ...Object.fromEntries(single.map((assignment) => [assignment.key, argumentValue(assignment, schema)])) };
}

function argumentValue({ key, text, isJson }: Assignment, schema: InputSchema): JsonValue {
  if (isJson) return parseJson(`The value of '${key}'`, text, `':=' takes JSON, as in ${key}:='[1, 2]'; a text is written ${key}=...`);
  const types = declaredTypes(schema, key);
  if (types.length === 0 || types.includes("string")) return text;
  const parsed = jsonOrUndefined(text);
  if (parsed !== undefined && types.some((type) => isOfType(type, parsed))) return parsed;
  if (types.includes("array")) return text.split(",").map((item) => item.trim());
  throw usageError(`'${key}' must be ${types.join(" or ")}, not '${text}'.`);
}

function declaredTypes(schema: InputSchema, key: string): readonly string[] {
  const properties = schema?.["properties"];
  const property = typeof properties === "object" && properties !== null ? (properties as Record<string, unknown>)[key] : undefined;
  return typesOf(property);
}

function typesOf(schema: unknown): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  if ("anyOf" in schema && Array.isArray(schema.anyOf)) return schema.anyOf.flatMap(typesOf);
  if (!("type" in schema)) return [];
  return [schema.type].flat().filter((type): type is string => typeof type === "string");
}

function isOfType(type: string, value: JsonValue): boolean {
  switch (type) {
    case "integer":
      return Number.isInteger(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return isJsonObject(value);
    case "null":
      return value === null;
    default:
      return typeof value === type;
  }
}

function jsonOrUndefined(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
