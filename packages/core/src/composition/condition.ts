import * as z from "zod";
import type { JsonValue } from "../json.ts";
import { AnyJsonSchema } from "./any-json-schema.ts";

/** A condition as a document writes it. */
export type ConditionDocument =
  /** A reference alone holds when its value is neither null, false, 0 nor empty (text, list, object). */
  string | boolean | ComparisonDocument | CombinationDocument;

/** A reference and what its value must be; of several tests all must hold. */
export interface ComparisonDocument {
  readonly ref: string;
  /** The same JSON value; the order of keys does not count, 1 is 1.0, "1" is not 1. */
  readonly equals?: JsonValue | undefined;
  readonly not_equals?: JsonValue | undefined;
  /** One of a list, by the rule of `equals`. */
  readonly in?: JsonValue | undefined;
  /** Numbers by value, texts by their code points; anything else fails the node. */
  readonly greater_than?: JsonValue | undefined;
  readonly less_than?: JsonValue | undefined;
  /** Whether there is a value other than null. */
  readonly exists?: boolean | undefined;
}

export type CombinationDocument =
  | { readonly all: readonly ConditionDocument[] }
  | { readonly any: readonly ConditionDocument[] }
  | { readonly not: ConditionDocument };

export const OPERATORS = ["equals", "not_equals", "in", "greater_than", "less_than", "exists"] as const;
export type Operator = (typeof OPERATORS)[number];

const ReferenceText = z
  .string()
  .regex(/^\$\{.*\}$/, "expected one reference alone")
  .describe("A reference alone, such as ${nodes.find.documents}.");

const Ordered = z.union([z.number(), z.string()]);

/** The form of a condition. `compileCondition` checks documents, with better messages; this one is what editors are given. */
export const ConditionSchema: z.ZodType<ConditionDocument> = z
  .lazy(() =>
    z.union([
      ReferenceText,
      z.boolean(),
      z
        .strictObject({
          ref: ReferenceText,
          equals: AnyJsonSchema.optional().describe("The value is this one."),
          not_equals: AnyJsonSchema.optional().describe("The value is another one."),
          in: z
            .union([z.array(AnyJsonSchema), ReferenceText])
            .optional()
            .describe("The value is one of these."),
          greater_than: Ordered.optional().describe("The value is a greater number, or a text that sorts behind this one."),
          less_than: Ordered.optional().describe("The value is a smaller number, or a text that sorts before this one."),
          exists: z.boolean().optional().describe("Whether there is a value other than null."),
        })
        .refine((comparison) => OPERATORS.some((operator) => comparison[operator] !== undefined), "needs a test")
        .meta({ minProperties: 2 }),
      z.strictObject({ all: z.array(ConditionSchema).min(1) }).describe("Holds when all of these hold."),
      z.strictObject({ any: z.array(ConditionSchema).min(1) }).describe("Holds when one of these holds."),
      z.strictObject({ not: ConditionSchema }).describe("Holds when this one does not."),
    ]),
  )
  .meta({ id: "condition" });
