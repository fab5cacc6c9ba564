import { CjmError } from "../errors/cjm-error.ts";
import { fieldName } from "../internal/zod-issues.ts";
import { isJsonObject, type JsonValue } from "../json.ts";
import { type BindingScope, bindValue, describeValue, lookUp } from "./bind-arguments.ts";
import type { CompiledCondition } from "./compile-condition.ts";
import type { CompiledReference } from "./compiled-value.ts";
import type { Operator } from "./condition.ts";

export interface Verdict {
  readonly holds: boolean;
  /** Which part decided, and what it found: `${item.pages} is 3, not greater than 10`. */
  readonly because: string;
}

/**
 * Whether a condition holds. `all` and `any` stop at the first part that decides. A value that is not there is an error except
 * under `exists`, so that a slip of the pen does not pass for a condition that is false.
 * @throws CjmError CJM_BINDING_FAILED
 */
export function evaluateCondition(condition: CompiledCondition, scope: BindingScope): Verdict {
  switch (condition.kind) {
    case "constant":
      return { holds: condition.holds, because: `it says ${condition.holds}` };
    case "truth": {
      const value = bindValue(condition.subject, scope);
      return { holds: isTruthy(value), because: `${condition.subject.reference.text} is ${shown(value)}` };
    }
    case "comparison":
      return compare(condition, scope);
    case "all":
    case "any": {
      const decisive = condition.kind === "any";
      const found: string[] = [];
      for (const part of condition.conditions) {
        const { holds, because } = evaluateCondition(part, scope);
        if (holds === decisive) return { holds, because };
        found.push(because);
      }
      return { holds: !decisive, because: found.join(", ") };
    }
    case "not": {
      const { holds, because } = evaluateCondition(condition.condition, scope);
      return { holds: !holds, because };
    }
    default:
      return condition satisfies never;
  }
}

/** False are null, false, 0, and empty text, list and object; everything else is true, also the text "false". */
export function isTruthy(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isJsonObject(value)) return Object.keys(value).length > 0;
  return value !== null && value !== false && value !== 0 && value !== "";
}

function compare({ subject, tests }: Extract<CompiledCondition, { kind: "comparison" }>, scope: BindingScope): Verdict {
  const text = subject.reference.text;
  const found = lookUp(subject, scope);
  const exists = found.found && found.value !== null;
  const described: string[] = [];
  for (const { operator, operand } of tests) {
    if (operator === "exists") {
      const wanted = bindValue(operand, scope) === true;
      const because = `${text} ${exists ? "is there" : "is not there"}`;
      if (exists !== wanted) return { holds: false, because };
      described.push(because);
      continue;
    }
    const value = bindValue(subject, scope);
    const other = bindValue(operand, scope);
    const holds = TESTS[operator](value, other, { subject, scope });
    const phrase = holds ? PHRASES[operator][0] : PHRASES[operator][1];
    const because = `${text} is ${shown(value)}, ${phrase} ${shown(other)}`;
    if (!holds) return { holds: false, because };
    described.push(because);
  }
  return { holds: true, because: described.join(", ") };
}

interface Place {
  readonly subject: CompiledReference;
  readonly scope: BindingScope;
}

const TESTS: Record<Exclude<Operator, "exists">, (value: JsonValue, other: JsonValue, place: Place) => boolean> = {
  equals: (value, other) => isSameJson(value, other),
  not_equals: (value, other) => !isSameJson(value, other),
  in: (value, other, place) => {
    if (!Array.isArray(other)) throw incomparable(place, `'in' needs a list, and it got ${describeValue(other)}`);
    return other.some((candidate: JsonValue) => isSameJson(value, candidate));
  },
  greater_than: (value, other, place) => order(value, other, place) > 0,
  less_than: (value, other, place) => order(value, other, place) < 0,
};

/** What follows the value: when the test holds, and when it does not. */
const PHRASES: Record<Exclude<Operator, "exists">, readonly [string, string]> = {
  equals: ["equal to", "not equal to"],
  not_equals: ["not equal to", "equal to"],
  in: ["one of", "none of"],
  greater_than: ["greater than", "not greater than"],
  less_than: ["less than", "not less than"],
};

function order(value: JsonValue, other: JsonValue, place: Place): number {
  if (typeof value === "number" && typeof other === "number") return value - other;
  if (typeof value === "string" && typeof other === "string") return compareTexts(value, other);
  throw incomparable(place, `${describeValue(value)} cannot be compared with ${describeValue(other)}; two numbers or two texts can`);
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [Array.from(a, (letter) => letter.codePointAt(0) ?? 0), Array.from(b, (letter) => letter.codePointAt(0) ?? 0)];
  for (const [index, code] of left.entries()) {
    const difference = code - (right[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** The same JSON value, whatever the order of keys. */
export function isSameJson(a: JsonValue, b: JsonValue): boolean {
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item: JsonValue, index) => isSameJson(item, b[index] as JsonValue));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return a === b;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && isSameJson(a[key] as JsonValue, b[key] as JsonValue))
  );
}

function shown(value: JsonValue): string {
  if (Array.isArray(value) || isJsonObject(value)) {
    const text = JSON.stringify(value);
    return text.length <= MAX_SHOWN ? text : describeValue(value);
  }
  const text = JSON.stringify(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}...`;
}

const MAX_SHOWN = 60;

function incomparable({ subject, scope }: Place, what: string): CjmError {
  return new CjmError("CJM_BINDING_FAILED", `The condition of node '${scope.nodeId}' cannot be decided: ${what}.`, {
    hint: "Correct the condition, or test with 'exists' first inside an 'all'.",
    details: { nodeId: scope.nodeId, reference: subject.reference.text, field: fieldName(subject.field) },
  });
}
