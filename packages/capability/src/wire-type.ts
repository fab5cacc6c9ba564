import type * as z from "zod";

const BRAND: unique symbol = Symbol.for("cjm.wire-value") as never;
const META_KEY = "wireKind";

/** A result that names its kind, so that a host which knows the kind can rebuild its own type. */
export interface TypedWireValue {
  readonly [BRAND]: true;
  readonly kind: string;
  readonly data: unknown;
}

/**
 * Names the kind of an output schema: results are sent as `{"__wire__": kind, "data": ...}`, which hosts of the original
 * and ours rebuild. Only a whole result or a whole stream chunk can be typed, never a part of one.
 */
export function wireType<Schema extends z.ZodType>(kind: string, schema: Schema): Schema {
  return schema.meta({ ...schema.meta(), [META_KEY]: kind });
}

/** The kind that `wireType` gave a schema, or null. */
export function wireKindOf(schema: z.ZodType): string | null {
  const kind = schema.meta()?.[META_KEY];
  return typeof kind === "string" ? kind : null;
}

/** A typed result where there is no output schema: methods of a task adapter. */
export function wireValue(kind: string, data: unknown): TypedWireValue {
  return { [BRAND]: true, kind, data };
}

/** Whether `value` came from `wireValue`, also of another copy of this package. */
export function isWireValue(value: unknown): value is TypedWireValue {
  return typeof value === "object" && value !== null && BRAND in value;
}
