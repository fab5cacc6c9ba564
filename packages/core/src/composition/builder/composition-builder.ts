import type { JsonObject, JsonValue } from "../../json.ts";
import type { InputType } from "../composition.ts";
import type { CompositionDocument } from "./built-composition.ts";
import type { NodeBuilder } from "./node-builder.ts";
import { type BuilderValue, documentValue, type Referenced, type ReferenceTo, referenceTo } from "./reference-value.ts";

interface InputRules {
  readonly type?: InputType;
  readonly description?: string;
  readonly required?: boolean;
  readonly default?: JsonValue;
}

interface ValueTypes {
  readonly string: string;
  readonly path: string;
  readonly number: number;
  readonly integer: number;
  readonly boolean: boolean;
  readonly list: readonly unknown[];
}

type InputValues<Inputs> = {
  readonly [Name in keyof Inputs]: Inputs[Name] extends { readonly type: infer Type extends InputType } ? ValueTypes[Type] : string;
};

interface KnownNode {
  readonly result: unknown;
  readonly isFanOut: boolean;
}

type FanOutsOf<Nodes> = { readonly [Id in keyof Nodes as Nodes[Id] extends { readonly isFanOut: true } ? Id : never]: Nodes[Id] };
type ResultOf<Node> = Node extends { readonly result: infer Result } ? Result : unknown;
type ItemOf<Node> = ResultOf<Node> extends readonly (infer Item)[] ? Item : unknown;

/** What a node may refer to: what was declared before it. */
export interface BuilderScope<Inputs, Nodes> {
  readonly inputs: { readonly [Name in keyof Inputs]: ReferenceTo<Inputs[Name]> };
  /** Results; of a fan-out the list of its successful ones. */
  readonly nodes: { readonly [Id in keyof Nodes]: ReferenceTo<ResultOf<Nodes[Id]>> };
  /** Of a fan-out the result for the same element. */
  readonly matching: { readonly [Id in keyof FanOutsOf<Nodes>]: ReferenceTo<ItemOf<Nodes[Id]>> };
  /** Of a fan-out what failed. */
  readonly failures: {
    readonly [Id in keyof FanOutsOf<Nodes>]: ReferenceTo<readonly { index: number; item: unknown; error: { message: string } }[]>;
  };
  readonly run: ReferenceTo<{ id: string; dir: string; actor: string }>;
}

/** Begins a composition: inputs first, then nodes, each after those that it refers to. */
export function composition(name: string, rules: CompositionRules = {}): CompositionBuilder<unknown, unknown, unknown> {
  const { description, failFast, priority } = rules;
  return new CompositionBuilder({
    name,
    ...(description === undefined ? {} : { description }),
    ...(failFast === undefined ? {} : { fail_fast: failFast }),
    ...(priority === undefined ? {} : { priority }),
    nodes: {},
  });
}

export interface CompositionRules {
  readonly description?: string;
  /** Whether the first failure cancels what has not started. @default true */
  readonly failFast?: boolean;
  /** @default 0 */
  readonly priority?: number;
}

/** A composition under construction. Every step returns a new one, so that a beginning can be shared. */
export class CompositionBuilder<Inputs, Nodes, Outputs> {
  readonly #document: JsonObject & { readonly nodes: JsonObject };

  constructor(document: JsonObject & { readonly nodes: JsonObject }) {
    this.#document = document;
  }

  /** Declares what is given when it runs; text where no type is named. */
  inputs<const Declared extends Readonly<Record<string, InputRules>>>(
    declared: Declared,
  ): CompositionBuilder<InputValues<Declared>, Nodes, Outputs> {
    return new CompositionBuilder({ ...this.#document, inputs: { ...(declared as unknown as JsonObject) } });
  }

  /** Adds a node; `make` gets references to the inputs and to the nodes before it. */
  node<const Id extends string, Result, IsFanOut extends boolean>(
    id: Id extends keyof Nodes ? never : Id,
    make: (scope: BuilderScope<Inputs, Nodes>) => NodeBuilder<Result, IsFanOut>,
  ): CompositionBuilder<
    Inputs,
    Nodes & { readonly [Key in Id]: { readonly result: Result; readonly isFanOut: IsFanOut } & KnownNode },
    Outputs
  > {
    const { document } = make(scope());
    return new CompositionBuilder({ ...this.#document, nodes: { ...this.#document.nodes, [id]: document } });
  }

  /** Names what it gives back: what `part` has as its result. */
  outputs<const Given extends Readonly<Record<string, BuilderValue>>>(
    make: (scope: BuilderScope<Inputs, Nodes>) => Given,
  ): CompositionBuilder<Inputs, Nodes, { readonly [Name in keyof Given]: Referenced<Given[Name]> }> {
    return new CompositionBuilder({ ...this.#document, outputs: documentValue(make(scope())) });
  }

  /** The document, as its YAML would read. `submitComposition` and `part` take it. */
  build(): CompositionDocument<Inputs, Outputs> {
    return this.#document;
  }
}

/** Which names there are is known to the types alone; `validateComposition` checks them once more. */
function scope<Inputs, Nodes>(): BuilderScope<Inputs, Nodes> {
  const under = (root: string): object =>
    new Proxy({}, { get: (_, name) => (typeof name === "string" ? referenceTo(`${root}.${name}`) : undefined) });
  const roots = Object.fromEntries(["inputs", "nodes", "matching", "failures"].map((root) => [root, under(root)]));
  return { ...roots, run: referenceTo("run") } as unknown as BuilderScope<Inputs, Nodes>;
}
