import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import {
  type CompiledReference,
  type CompiledValue,
  type CompositionFault,
  compileValue,
  type FieldPath,
  referencesIn,
} from "./compiled-value.ts";
import { OPERATORS, type Operator } from "./condition.ts";
import { didYouMean } from "./did-you-mean.ts";

/** A condition with its references parsed once. */
export type CompiledCondition =
  | { readonly kind: "constant"; readonly holds: boolean }
  | { readonly kind: "truth"; readonly subject: CompiledReference }
  | {
      readonly kind: "comparison";
      readonly subject: CompiledReference;
      readonly tests: readonly { readonly operator: Operator; readonly operand: CompiledValue }[];
    }
  | { readonly kind: "all" | "any"; readonly conditions: readonly CompiledCondition[] }
  | { readonly kind: "not"; readonly condition: CompiledCondition };

type Report = (fault: CompositionFault) => void;

const COMBINATORS = ["all", "any", "not"] as const;
const KEYS = [...COMBINATORS, "ref", ...OPERATORS];
const FORMS = "a reference such as ${inputs.draw}, {ref: ..., equals: ...}, or all, any or not of conditions";

/** Compiles a condition that stands at `field`. What is wrong with it goes to `report`, and counts as not holding. */
export function compileCondition(document: JsonValue, field: FieldPath, report: Report): CompiledCondition {
  if (typeof document === "boolean") return { kind: "constant", holds: document };
  if (typeof document === "string") {
    const subject = compileReference(document, field, report);
    return subject === null ? NEVER : { kind: "truth", subject };
  }
  if (!isJsonObject(document)) {
    report({ field, message: `expected ${FORMS}` });
    return NEVER;
  }
  const forms = ["ref", ...COMBINATORS].filter((key) => key in document);
  for (const key of Object.keys(document).filter((known) => !KEYS.includes(known))) {
    report({ field: [...field, key], message: `unknown key '${key}'.${didYouMean(key, KEYS)}` });
  }
  const [form] = forms;
  if (form === undefined || forms.length > 1) {
    report({
      field,
      message: form === undefined ? `expected ${FORMS}` : `${forms.join(" and ")} do not stand together; combine them with 'all'`,
    });
    return NEVER;
  }
  if (form === "ref") return compileComparison(document, field, report);
  for (const operator of OPERATORS.filter((key) => key in document)) {
    report({ field: [...field, operator], message: `means something only beside 'ref'` });
  }
  return compileCombination(form, document[form] ?? null, [...field, form], report);
}

/** Every reference inside a condition, in document order. */
export function* referencesInCondition(condition: CompiledCondition): ReturnType<typeof referencesIn> {
  switch (condition.kind) {
    case "constant":
      return;
    case "truth":
      yield* referencesIn(condition.subject);
      return;
    case "comparison":
      yield* referencesIn(condition.subject);
      for (const { operand } of condition.tests) yield* referencesIn(operand);
      return;
    case "all":
    case "any":
      for (const part of condition.conditions) yield* referencesInCondition(part);
      return;
    case "not":
      yield* referencesInCondition(condition.condition);
      return;
    default:
      condition satisfies never;
  }
}

const NEVER: CompiledCondition = { kind: "constant", holds: false };

function compileCombination(form: string, operand: JsonValue, field: FieldPath, report: Report): CompiledCondition {
  if (form === "not") return { kind: "not", condition: compileCondition(operand, field, report) };
  if (!Array.isArray(operand) || operand.length === 0) {
    report({ field, message: "expected a list of one or more conditions" });
    return NEVER;
  }
  const conditions = operand.map((part: JsonValue, index) => compileCondition(part, [...field, index], report));
  return { kind: form === "all" ? "all" : "any", conditions };
}

function compileComparison(document: JsonObject, field: FieldPath, report: Report): CompiledCondition {
  const subject = compileReference(document["ref"] ?? null, [...field, "ref"], report);
  const written = OPERATORS.filter((operator) => operator in document);
  if (written.length === 0) {
    report({ field, message: `needs one of ${OPERATORS.join(", ")}; a reference alone is written without 'ref'` });
  }
  const tests = written.map((operator) => {
    const at = [...field, operator];
    const operand = compileValue(document[operator] ?? null, at, report);
    const message = operandFault(operator, operand);
    if (message !== null) report({ field: at, message });
    return { operator, operand };
  });
  return subject === null ? NEVER : { kind: "comparison", subject, tests };
}

/** What is wrong with an operand, as far as that shows before it runs. */
function operandFault(operator: Operator, operand: CompiledValue): string | null {
  const { kind } = operand;
  const value = kind === "constant" ? operand.value : undefined;
  switch (operator) {
    case "in":
      return kind === "reference" || kind === "list" || Array.isArray(value) ? null : "expected a list, or a reference to one";
    case "greater_than":
    case "less_than":
      return kind === "reference" || kind === "text" || typeof value === "number" || typeof value === "string"
        ? null
        : "expected a number or a text";
    case "exists":
      return typeof value === "boolean" ? null : "expected true or false";
    default:
      return null;
  }
}

function compileReference(written: JsonValue, field: FieldPath, report: Report): CompiledReference | null {
  let sound = true;
  const compiled = compileValue(written, field, (fault) => {
    sound = false;
    report(fault);
  });
  if (compiled.kind === "reference") return compiled;
  if (sound) report({ field, message: "expected one reference alone, such as ${inputs.draw}" });
  return null;
}
