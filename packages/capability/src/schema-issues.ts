import type * as z from "zod";

interface SchemaIssues {
  /** Every bad field and what was expected of it, in one line. */
  readonly text: string;
  /** The bad fields, each once. */
  readonly fields: readonly string[];
}

/** What is wrong with `value` by the errors of its schema. */
export function schemaIssues(error: z.ZodError, value: unknown): SchemaIssues {
  const parts = error.issues.map((issue) => {
    const field = fieldPath(issue.path);
    const missing = valueAt(value, issue.path) === undefined && issue.path.length > 0;
    const text = missing ? `is required (${expectation(issue)})` : lowerFirst(issue.message);
    return { field, text: field === "" ? text : `${field}: ${text}` };
  });
  return {
    text: parts.map((part) => part.text).join("; "),
    fields: [...new Set(parts.map((part) => part.field).filter((field) => field !== ""))],
  };
}

/** Keys of `value` that a plain object schema does not know; a schema that takes extra keys (`loose`, `catchall`) has none. */
export function unknownFields(schema: z.ZodObject, value: unknown): readonly string[] {
  if (schema.def.catchall !== undefined || typeof value !== "object" || value === null) return [];
  return Object.keys(value).filter((key) => !Object.hasOwn(schema.shape, key));
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return `expected ${issue.expected}`;
  if (issue.code === "invalid_value") return `expected ${issue.values.map((item) => JSON.stringify(item)).join(" or ")}`;
  return lowerFirst(issue.message);
}

function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === "number") return `${name}[${key}]`;
    return name === "" ? String(key) : `${name}.${String(key)}`;
  }, "");
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined), value);
}

function lowerFirst(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
