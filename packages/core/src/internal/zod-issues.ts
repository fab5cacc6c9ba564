import type * as z from "zod";

/** Zod issues as `path: what is wrong`, one a line, for messages that people read. */
export function describeIssues(error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const field = fieldName(issue.path);
    const text = plainIssue(issue.message);
    return field === "" ? text : `${field}: ${text}`;
  });
}

/** What zod says of a value by itself, in the words of whoever wrote the document; any other message as it is. */
export function plainIssue(message: string): string {
  const type = /^Invalid input: expected (\w+), received (\w+)$/.exec(message);
  if (type !== null) {
    const [, expected = "", received = ""] = type;
    return received === "undefined" ? "is missing" : `must be ${KINDS[expected] ?? expected}, not ${KINDS[received] ?? received}`;
  }
  const literal = /^Invalid input: expected (".*"|\d+|true|false)$/.exec(message)?.[1];
  if (literal !== undefined) return `must be ${literal}`;
  const options = /^Invalid option: expected one of (.+)$/.exec(message)?.[1];
  if (options !== undefined) return `must be one of ${options.replaceAll('"', "").split("|").join(", ")}`;
  return /^Too small: expected (?:array|string|record|map|set) to have >=1 \w+$/.test(message) ? "must not be empty" : message;
}

const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
  null: "empty",
};

/** A path into a document as people write it: `capabilities[1].name`; empty for the document itself. */
export function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === "number") return `${name}[${key}]`;
    return name === "" ? String(key) : `${name}.${String(key)}`;
  }, "");
}
