import { CjmError } from "../errors/cjm-error.ts";
import { fieldName } from "../internal/zod-issues.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "../json.ts";
import { type CompiledReference, type CompiledValue, compileValue, type FieldPath } from "./compiled-value.ts";
import { compositionInvalid } from "./composition-invalid.ts";
import type { Reference } from "./reference.ts";

/** Stands for the result of a node, or an item, that was skipped because of a condition: every reference into it is null. */
export const SKIPPED: unique symbol = Symbol("skipped");

/** What references of one job stand for. Undefined: there is nothing of that name now. */
export interface BindingScope {
  /** Node the job belongs to, `parse` or `parse[3]`; for messages. */
  readonly nodeId: string;
  readonly inputs: JsonObject;
  readonly run: { readonly id: string | null; readonly actor: string | null; readonly dir: string | null };
  readonly item?: JsonValue;
  readonly index?: number;
  node(id: string): JsonValue | typeof SKIPPED | undefined;
  matching(id: string): JsonValue | typeof SKIPPED | undefined;
  failures(id: string): JsonValue | undefined;
}

/** A compiled value with the values of its references in their place. @throws CjmError CJM_BINDING_FAILED */
export function bindValue(value: CompiledValue, scope: BindingScope): JsonValue {
  switch (value.kind) {
    case "constant":
      return value.value;
    case "reference":
      return resolveReference(value.reference, value.field, scope);
    case "text":
      return value.parts.map((part) => (typeof part === "string" ? part : asText(resolveReference(part, value.field, scope)))).join("");
    case "list":
      return value.items.map((item) => bindValue(item, scope));
    case "object":
      return Object.fromEntries(value.entries.map(([key, item]) => [key, bindValue(item, scope)]));
    default:
      return value satisfies never;
  }
}

/**
 * Arguments with the values of their references in their place; a reference that is the whole string gives its value as it
 * is, one inside longer text its text.
 * @throws CjmError CJM_BINDING_FAILED naming the node, the reference and what was there instead
 */
export function bindArguments(args: JsonObject, scope: BindingScope): JsonObject {
  const compiled = compileValue(args, ["args"], (fault) => {
    throw compositionInvalid(`Node '${scope.nodeId}'`, [fault]);
  });
  return bindValue(compiled, scope) as JsonObject;
}

export type LookUp =
  | { readonly found: true; readonly value: JsonValue }
  /** What is there instead, for a message. */
  | { readonly found: false; readonly what: string };

/** The value of a reference, or why there is none. Of alternatives (`a ?? b`) the first that is there and not null. */
export function lookUp({ reference }: Pick<CompiledReference, "reference">, scope: BindingScope): LookUp {
  for (let choice = reference; ; ) {
    const found = lookUpOne(choice, scope);
    if (choice.otherwise === undefined || (found.found && found.value !== null)) return found;
    choice = choice.otherwise;
  }
}

/** What a value is, in a few words: `a list of 3`, `the number 7`. */
export function describeValue(value: JsonValue): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (!isJsonObject(value)) return `the ${typeof value} ${JSON.stringify(value).slice(0, 60)}`;
  const keys = Object.keys(value);
  if (keys.length === 0) return "an empty object";
  return `an object with ${keys.slice(0, 20).join(", ")}${keys.length > 20 ? ", ..." : ""}`;
}

function resolveReference(reference: Reference, field: FieldPath, scope: BindingScope): JsonValue {
  const found = lookUp({ reference }, scope);
  if (found.found) return found.value;
  throw new CjmError(
    "CJM_BINDING_FAILED",
    `Node '${scope.nodeId}' cannot start: ${fieldName(field)} is ${reference.text}, but ${found.what}.`,
    {
      hint: "Correct the reference, or have the node that it leads to return what is asked for.",
      details: { nodeId: scope.nodeId, reference: reference.text, field: fieldName(field) },
    },
  );
}

function lookUpOne(reference: Reference, scope: BindingScope): LookUp {
  const root = rootValue(reference, scope);
  let walked = reference.name === "" ? reference.root : `${reference.root}.${reference.name}`;
  if (root === undefined) return { found: false, what: `${walked} is not there` };
  if (root === SKIPPED) return { found: true, value: null };
  let value: JsonValue = root;
  for (const step of reference.path) {
    const next: JsonValue | undefined = stepInto(value, step);
    if (next === undefined) {
      const wanted = typeof step === "number" ? `has no item ${step}` : `has no field '${step}'`;
      return { found: false, what: `${walked} ${wanted}; it is ${describeValue(value)}` };
    }
    value = next;
    walked = typeof step === "number" ? `${walked}[${step}]` : `${walked}.${step}`;
  }
  return { found: true, value };
}

function rootValue({ root, name }: Reference, scope: BindingScope): JsonValue | typeof SKIPPED | undefined {
  switch (root) {
    case "inputs":
      return own(scope.inputs, name);
    case "run":
      return name === "id" ? scope.run.id : name === "actor" ? scope.run.actor : (scope.run.dir ?? undefined);
    case "item":
      return scope.item;
    case "index":
      return scope.index;
    case "nodes":
      return scope.node(name);
    case "matching":
      return scope.matching(name);
    case "failures":
      return scope.failures(name);
    default:
      return root satisfies never;
  }
}

function stepInto(value: JsonValue, step: string | number): JsonValue | undefined {
  if (Array.isArray(value)) return typeof step === "number" ? (value as readonly JsonValue[])[step] : undefined;
  return isJsonObject(value) ? own(value, String(step)) : undefined;
}

function own(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function asText(value: JsonValue): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
