import type * as z from "zod";

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * JSON Schema (2020-12) of what a caller sends (`input`) or gets (`output`). The schema's own copy of zod derives it, since
 * an author's zod need not be this package's. What JSON Schema cannot say (dates, custom checks) is left open.
 */
export function jsonSchemaOf(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  return JSON.parse(JSON.stringify(schema.toJSONSchema({ io, unrepresentable: "any" }))) as JsonSchema;
}
