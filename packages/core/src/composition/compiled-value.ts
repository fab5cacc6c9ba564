import { isJsonObject, type JsonValue } from "../json.ts";
import { parseTemplate, type Reference, ReferenceSyntaxError } from "./reference.ts";

/** Where a value stands in its document. */
export type FieldPath = readonly (string | number)[];

/** A value of a document with its references parsed once, so that binding it for ten thousand items parses nothing. */
export type CompiledValue =
  | { readonly kind: "constant"; readonly value: JsonValue }
  | CompiledReference
  | { readonly kind: "text"; readonly parts: readonly (string | Reference)[]; readonly field: FieldPath }
  | { readonly kind: "list"; readonly items: readonly CompiledValue[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [string, CompiledValue])[] };

/** One reference that stands for the whole of a value. */
export interface CompiledReference {
  readonly kind: "reference";
  readonly reference: Reference;
  readonly field: FieldPath;
}

/** One thing that is wrong with a document, and where. */
export interface CompositionFault {
  readonly field: FieldPath;
  readonly message: string;
}

/** Compiles `value`, which stands at `field`; text that is no valid reference goes to `report` and counts as plain. */
export function compileValue(value: JsonValue, field: FieldPath, report: (fault: CompositionFault) => void): CompiledValue {
  if (typeof value === "string") return compileText(value, field, report);
  if (Array.isArray(value)) {
    const items = value.map((item: JsonValue, index) => compileValue(item, [...field, index], report));
    return items.every((item) => item.kind === "constant")
      ? { kind: "constant", value: items.map((item) => item.value) }
      : { kind: "list", items };
  }
  if (!isJsonObject(value)) return { kind: "constant", value };
  const entries = Object.entries(value).map(([key, item]) => [key, compileValue(item, [...field, key], report)] as const);
  return entries.every(([, item]) => item.kind === "constant")
    ? { kind: "constant", value: Object.fromEntries(entries.map(([key, item]) => [key, item.kind === "constant" ? item.value : null])) }
    : { kind: "object", entries };
}

function compileText(text: string, field: FieldPath, report: (fault: CompositionFault) => void): CompiledValue {
  try {
    const template = parseTemplate(text);
    if (template.kind === "reference") return { kind: "reference", reference: template.reference, field };
    if (template.kind === "text") return { kind: "text", parts: template.parts, field };
    return { kind: "constant", value: template.text };
  } catch (error) {
    if (!(error instanceof ReferenceSyntaxError)) throw error;
    const shown = text.length > 80 ? `${text.slice(0, 77)}...` : text;
    report({ field, message: `${error.message} (character ${error.position + 1} of '${shown}')` });
    return { kind: "constant", value: text };
  }
}

/** Every reference inside a compiled value, in document order, alternatives included. */
export function* referencesIn(value: CompiledValue): Generator<{ readonly reference: Reference; readonly field: FieldPath }> {
  switch (value.kind) {
    case "constant":
      return;
    case "reference":
      yield* choicesOf(value.reference, value.field);
      return;
    case "text":
      for (const part of value.parts) if (typeof part !== "string") yield* choicesOf(part, value.field);
      return;
    case "list":
      for (const item of value.items) yield* referencesIn(item);
      return;
    case "object":
      for (const [, item] of value.entries) yield* referencesIn(item);
      return;
    default:
      value satisfies never;
  }
}

function* choicesOf(reference: Reference, field: FieldPath): Generator<{ readonly reference: Reference; readonly field: FieldPath }> {
  for (let choice: Reference | undefined = reference; choice !== undefined; choice = choice.otherwise) yield { reference: choice, field };
}
