import type * as z from "zod";

/** Zod issues as `path: what is wrong`, one a line, for messages that people read. */
export function describeIssues(error: z.ZodError): string[] {
  return error.issues.map((issue) => {
    const path = issue.path.reduce<string>(
      (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`),
      "",
    );
    return path === "" ? issue.message : `${path}: ${issue.message}`;
  });
}
