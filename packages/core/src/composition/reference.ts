import { didYouMean } from "./did-you-mean.ts";

const ROOTS = ["inputs", "nodes", "item", "index", "matching", "failures", "run"] as const;
export type ReferenceRoot = (typeof ROOTS)[number];

/** Roots that are followed by a name: `inputs.folder`, `nodes.find`. */
const NAMED: ReadonlySet<ReferenceRoot> = new Set(["inputs", "nodes", "matching", "failures", "run"]);

/** One `${...}`. */
export interface Reference {
  readonly root: ReferenceRoot;
  /** What follows a root that needs a name; empty for `item` and `index`. */
  readonly name: string;
  /** Field names and list positions after that. */
  readonly path: readonly (string | number)[];
  /** As written, with `${` and `}`. */
  readonly text: string;
  /** What counts when this one is not there or null: `b` of `${a ?? b}`. */
  readonly otherwise?: Reference;
}

/** A string of a document: plain text, one reference whose value stands for the whole, or text with references inside. */
export type Template =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "reference"; readonly reference: Reference }
  | { readonly kind: "text"; readonly parts: readonly (string | Reference)[] };

export class ReferenceSyntaxError extends Error {
  override readonly name = "ReferenceSyntaxError";
  /** Offset in the string, from 0. */
  readonly position: number;

  constructor(message: string, position: number) {
    super(message);
    this.position = position;
  }
}

/**
 * Reads the references of a string. Grammar: `${root.name.field[0]["any key"]}`, alternatives with `??` between them;
 * `$${` is a literal `${`.
 * @throws ReferenceSyntaxError with the position of what is wrong
 */
export function parseTemplate(text: string): Template {
  if (!text.includes("${")) return { kind: "literal", text };
  const parts: (string | Reference)[] = [];
  let literal = "";
  let position = 0;
  while (position < text.length) {
    if (text.startsWith("$${", position)) {
      literal += "${";
      position += 3;
    } else if (text.startsWith("${", position)) {
      const [reference, end] = parseReference(text, position);
      if (literal !== "") parts.push(literal);
      literal = "";
      parts.push(reference);
      position = end;
    } else {
      literal += text[position];
      position += 1;
    }
  }
  if (literal !== "") parts.push(literal);
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) {
    return typeof only === "string" ? { kind: "literal", text: only } : { kind: "reference", reference: only };
  }
  return { kind: "text", parts };
}

const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_-]*/y;
const INDEX = /\[(\d{1,9})\]/y;
const QUOTED_KEY = /\[("(?:[^"\\]|\\.)*")\]/y;
const OTHERWISE = /\s*\?\?\s*/y;

function parseReference(text: string, start: number): [Reference, number] {
  let position = start + 2;

  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const match = pattern.exec(text);
    if (match !== null) position += match[0].length;
    return match;
  };
  const identifier = (what: string): string => {
    const match = take(IDENTIFIER);
    if (match === null) throw new ReferenceSyntaxError(`expected ${what}`, position);
    return match[0];
  };

  const choices: Reference[] = [];
  do choices.push(nextChoice());
  while (take(OTHERWISE) !== null);
  if (text[position] !== "}") {
    const found = position >= text.length ? "the end of the text" : `'${text[position]}'`;
    throw new ReferenceSyntaxError(`expected '.', '[' or '}', found ${found}`, position);
  }
  position += 1;
  const [first, ...others] = choices;
  if (first === undefined) throw new ReferenceSyntaxError("expected a reference", start);
  const otherwise = others.reduceRight<Reference | undefined>(
    (next, choice) => (next === undefined ? choice : { ...choice, otherwise: next }),
    undefined,
  );
  return [otherwise === undefined ? first : { ...first, text: text.slice(start, position), otherwise }, position];

  function nextChoice(): Reference {
    const from = position;
    const word = identifier(`one of ${ROOTS.join(", ")}`);
    const root = ROOTS.find((known) => known === word);
    if (root === undefined) {
      throw new ReferenceSyntaxError(`'${word}' is none of ${ROOTS.join(", ")}.${didYouMean(word, ROOTS)}`, from);
    }
    let name = "";
    if (NAMED.has(root)) {
      if (text[position] !== ".") throw new ReferenceSyntaxError(`'${root}' needs a name after it, as in \${${root}.name}`, position);
      position += 1;
      name = identifier(`a name after '${root}.'`);
    }
    const path: (string | number)[] = [];
    for (let step = nextStep(); step !== null; step = nextStep()) path.push(step);
    return { root, name, path, text: `\${${text.slice(from, position)}}` };
  }

  function nextStep(): string | number | null {
    if (text[position] === ".") {
      position += 1;
      return identifier("a field name after '.'");
    }
    const index = take(INDEX);
    if (index !== null) return Number(index[1]);
    const quoted = take(QUOTED_KEY)?.[1];
    return quoted === undefined ? null : unquote(quoted, position);
  }
}

function unquote(json: string, position: number): string {
  try {
    return JSON.parse(json) as string;
  } catch {
    throw new ReferenceSyntaxError(`${json} is not a valid quoted key`, position - json.length - 1);
  }
}
