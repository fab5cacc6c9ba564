import type * as z from "zod";

/** Zod issues as `path: what is wrong`, one a line, for messages that people read. */
export function describeIssues(error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const field = fieldName(issue.path);
    return field === "" ? issue.message : `${field}: ${issue.message}`;
  });
}

/** A path into a document as people write it: `capabilities[1].name`; empty for the document itself. */
export function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === "number") return `${name}[${key}]`;
    return name === "" ? String(key) : `${name}.${String(key)}`;
  }, "");
}
