import type * as z from "zod";
import { RELOAD_TRIGGER } from "./reload-triggers.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * JSON Schema (2020-12) of what a caller sends (`input`) or gets (`output`). The schema's own copy of zod derives it, since
 * an author's zod need not be this package's. What JSON Schema cannot say (dates, custom checks) is left open. Which field
 * has which reload trigger is between a capability and its worker, and left out.
 */
export function jsonSchemaOf(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  const withoutTriggers = ({ jsonSchema }: { readonly jsonSchema: object }): void =>
    void Reflect.deleteProperty(jsonSchema, RELOAD_TRIGGER);
  return JSON.parse(JSON.stringify(schema.toJSONSchema({ io, unrepresentable: "any", override: withoutTriggers }))) as JsonSchema;
}
