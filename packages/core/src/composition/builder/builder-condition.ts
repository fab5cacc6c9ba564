import type { JsonValue } from "../../json.ts";
import { type AnyReference, type BuilderValue, documentValue, isReference, referenceText } from "./reference-value.ts";

/** A condition on references; a reference alone holds unless its value is null, false, 0 or empty. */
export type BuilderCondition =
  | boolean
  | AnyReference
  | ReferenceTests
  | { readonly all: readonly BuilderCondition[] }
  | { readonly any: readonly BuilderCondition[] }
  | { readonly not: BuilderCondition };

/** A reference and what its value must be; of several tests all must hold. */
interface ReferenceTests {
  readonly ref: AnyReference;
  readonly equals?: BuilderValue;
  readonly notEquals?: BuilderValue;
  readonly in?: AnyReference | readonly BuilderValue[];
  readonly greaterThan?: AnyReference | number | string;
  readonly lessThan?: AnyReference | number | string;
  /** Whether there is a value other than null. */
  readonly exists?: boolean;
}

const TESTS = [
  ["equals", "equals"],
  ["notEquals", "not_equals"],
  ["in", "in"],
  ["greaterThan", "greater_than"],
  ["lessThan", "less_than"],
  ["exists", "exists"],
] as const;

export function conditionDocument(condition: BuilderCondition): JsonValue {
  if (typeof condition === "boolean") return condition;
  if (isReference(condition)) return referenceText(condition);
  if ("all" in condition) return { all: condition.all.map(conditionDocument) };
  if ("any" in condition) return { any: condition.any.map(conditionDocument) };
  if ("not" in condition) return { not: conditionDocument(condition.not) };
  const tests = TESTS.flatMap(([key, written]) => {
    const operand = condition[key];
    return operand === undefined ? [] : [[written, documentValue(operand)] as const];
  });
  return { ref: referenceText(condition.ref), ...Object.fromEntries(tests) };
}
