import { isJsonObject, type JsonValue } from "../json.ts";
import { OPERATORS, type Operator } from "./condition.ts";

/** A condition on one line, for people: `${item.pages} > 10 and not ${inputs.quick}`. */
export function conditionText(document: JsonValue): string {
  if (typeof document === "string") return document;
  if (!isJsonObject(document)) return JSON.stringify(document);
  const { all, any, not, ref } = document;
  if (Array.isArray(all)) return all.map((part: JsonValue) => operandText(part)).join(" and ");
  if (Array.isArray(any)) return any.map((part: JsonValue) => operandText(part)).join(" or ");
  if (not !== undefined) return `not ${operandText(not)}`;
  return OPERATORS.flatMap((operator) => {
    const operand = document[operator];
    return operand === undefined ? [] : [`${typeof ref === "string" ? ref : JSON.stringify(ref)} ${testText(operator, operand)}`];
  }).join(" and ");
}

function operandText(part: JsonValue): string {
  const isCombined = isJsonObject(part) && (Array.isArray(part["all"]) || Array.isArray(part["any"]));
  return isCombined ? `(${conditionText(part)})` : conditionText(part);
}

const SYMBOLS: Record<Exclude<Operator, "exists">, string> = { equals: "=", not_equals: "!=", in: "in", greater_than: ">", less_than: "<" };

function testText(operator: Operator, operand: JsonValue): string {
  if (operator === "exists") return operand === true ? "exists" : "does not exist";
  const isReference = typeof operand === "string" && operand.startsWith("${");
  return `${SYMBOLS[operator]} ${isReference ? operand : JSON.stringify(operand)}`;
}
