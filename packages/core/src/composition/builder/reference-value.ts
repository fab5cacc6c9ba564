import { CjmError } from "../../errors/cjm-error.ts";
import { isJsonObject, type JsonValue } from "../../json.ts";
import { isReferenceName } from "../composition.ts";

const PATH = Symbol("what stands inside ${...}");
declare const TYPE: unique symbol;

/** Something that a run puts in the place of a reference. */
export interface AnyReference {
  /** `nodes.find.documents[0]` */
  readonly [PATH]: string;
}

/** A reference to a value of type `T`, with references to its fields as fields: `find.documents` for `${nodes.find.documents}`. */
export type ReferenceTo<T> = AnyReference & { readonly [TYPE]: T } & FieldsOf<NonNullable<T>>;

type FieldsOf<T> = unknown extends T
  ? unknown
  : T extends readonly unknown[] | string | number | boolean
    ? unknown
    : T extends object
      ? { readonly [Key in keyof T & string]-?: ReferenceTo<T[Key]> }
      : unknown;

/** What a reference stands for. */
export type Referenced<R> = R extends { readonly [TYPE]: infer T } ? T : unknown;

/** Text with references inside, made by `text`. */
export class TextWithReferences {
  readonly document: string;

  constructor(document: string) {
    this.document = document;
  }
}

/** A JSON value with references anywhere inside. Text is taken as it is: a `${` in it means nothing. */
export type BuilderValue =
  | string
  | number
  | boolean
  | null
  | AnyReference
  | TextWithReferences
  | readonly BuilderValue[]
  | { readonly [key: string]: BuilderValue };

/** A reference to `path`, whose every property is a reference too. */
export function referenceTo<T>(path: string): ReferenceTo<T> {
  const target: AnyReference = { [PATH]: path };
  return new Proxy(target, {
    get(own, key) {
      if (key === PATH) return own[PATH];
      if (key === Symbol.toPrimitive) throw misused(path);
      return typeof key === "symbol" ? undefined : referenceTo(path + stepText(key));
    },
  }) as ReferenceTo<T>;
}

/** A field, or an item of a list, that the type of a reference does not know: `field(find, "documents", 0)`. */
export function field<T = unknown>(reference: AnyReference, ...keys: readonly (string | number)[]): ReferenceTo<T> {
  return referenceTo(pathOf(reference) + keys.map(stepText).join(""));
}

/** The first of them that is there and not null: what is left of a node that a condition skipped. */
export function firstOf<R extends AnyReference>(...references: readonly [R, ...R[]]): ReferenceTo<Referenced<R>> {
  return referenceTo(references.map(pathOf).join(" ?? "));
}

/** Longer text with references: text`Document ${index}`. */
export function text(strings: TemplateStringsArray, ...references: readonly AnyReference[]): TextWithReferences {
  const parts = strings.map((part, index) => {
    const reference = references[index];
    return escaped(part) + (reference === undefined ? "" : referenceText(reference));
  });
  return new TextWithReferences(parts.join(""));
}

/** `nodes.find.documents`, without `${` and `}`. */
export function pathOf(reference: AnyReference): string {
  return reference[PATH];
}

export function referenceText(reference: AnyReference): string {
  return `\${${pathOf(reference)}}`;
}

export function isReference(value: unknown): value is AnyReference {
  return typeof value === "object" && value !== null && typeof (value as Partial<AnyReference>)[PATH] === "string";
}

/** The value as a document has it. */
export function documentValue(value: BuilderValue): JsonValue {
  if (isReference(value)) return referenceText(value);
  if (value instanceof TextWithReferences) return value.document;
  if (typeof value === "string") return escaped(value);
  if (Array.isArray(value)) return value.map((item: BuilderValue) => documentValue(item));
  if (!isJsonObject(value)) return value as JsonValue;
  return Object.fromEntries(
    Object.entries(value as Readonly<Record<string, BuilderValue>>).map(([key, item]) => [key, documentValue(item)]),
  );
}

function escaped(plain: string): string {
  return plain.replaceAll("${", () => "$${");
}

function stepText(key: string | number): string {
  if (typeof key === "number" || /^\d{1,9}$/.test(key)) return `[${key}]`;
  return isReferenceName(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function misused(path: string): CjmError {
  return new CjmError("CJM_COMPOSITION_INVALID", `The reference to '${path}' was used as text while the composition was built.`, {
    hint: "Its value is not there before the composition runs. Put the reference itself where the value belongs, or write text`... ${reference} ...`.",
  });
}
