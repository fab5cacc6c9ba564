import type { JsonObject } from "../../json.ts";
import type { CacheMode, RetryPolicy } from "../composition.ts";
import { type BuilderCondition, conditionDocument } from "./builder-condition.ts";
import type { CompositionDocument } from "./built-composition.ts";
import {
  type AnyReference,
  type BuilderValue,
  documentValue,
  isReference,
  pathOf,
  type Referenced,
  type ReferenceTo,
  referenceTo,
} from "./reference-value.ts";

declare const RESULT: unique symbol;

/** A node under construction whose result is of type `Result`. */
export interface NodeBuilder<Result, IsFanOut extends boolean = false> {
  readonly [RESULT]?: Result;
  readonly isFanOut: IsFanOut;
  readonly document: JsonObject;
}

interface NodeRules {
  readonly description?: string;
  /** Nodes that must have ended before, beside those that it refers to. */
  readonly after?: AnyReference | readonly AnyReference[];
  readonly when?: BuilderCondition;
  readonly afterSkipped?: "skip" | "run";
  readonly priority?: number;
}

type Called =
  | { readonly action?: string; readonly task?: never; readonly method?: never }
  | { readonly task: string; readonly method: string; readonly action?: never };

export type CallRules = NodeRules &
  Called & {
    readonly capability: string;
    /** @default the capability's default instance */
    readonly instance?: string;
    readonly args?: Readonly<Record<string, BuilderValue>>;
    readonly timeoutMs?: number;
    readonly startTimeoutMs?: number;
    readonly retry?: Pick<RetryPolicy, "maxAttempts"> & Partial<RetryPolicy>;
    readonly onInterruption?: "rerun" | "fail";
    readonly cache?: CacheMode;
    readonly control?: Readonly<Record<string, BuilderValue>>;
  };

/** A node that calls a capability. What it gives is of type `Result`, which nothing checks when it runs. */
export function call<Result = unknown>(rules: CallRules): NodeBuilder<Result> {
  const { capability, instance, action, task, method, args, timeoutMs, startTimeoutMs, retry, onInterruption, cache, control } = rules;
  return {
    isFanOut: false,
    document: defined({
      capability,
      instance,
      action,
      task,
      method,
      args: args && documentValue(args),
      ...commonKeys(rules),
      timeout_ms: timeoutMs,
      start_timeout_ms: startTimeoutMs,
      retry: retry && defined({ max_attempts: retry.maxAttempts, initial_delay_ms: retry.initialDelayMs, max_delay_ms: retry.maxDelayMs }),
      on_interruption: onInterruption,
      cache,
      control: control && documentValue(control),
    }),
  };
}

/** A node that runs another composition; its result has that one's outputs as fields. */
export function part<Inputs, Outputs>(
  composition: CompositionDocument<Inputs, Outputs>,
  rules: NodeRules & { readonly inputs?: { readonly [Name in keyof Inputs]?: BuilderValue } } = {},
): NodeBuilder<Outputs> {
  const inputs = rules.inputs as Readonly<Record<string, BuilderValue>> | undefined;
  return { isFanOut: false, document: defined({ composition, inputs: inputs && documentValue(inputs), ...commonKeys(rules) }) };
}

export interface FanOutRules {
  readonly maxConcurrent?: number;
  readonly onItemError?: "fail" | "collect";
}

interface Each<Item> {
  readonly item: ReferenceTo<Item>;
  readonly index: ReferenceTo<number>;
}

type ElementOf<List> = List extends readonly (infer Item)[] ? Item : unknown;
type ListOf<List> = List extends AnyReference ? Referenced<List> : List;

/** Makes a node a fan-out over a list; over another fan-out it goes element by element. */
export function each<List extends AnyReference | readonly BuilderValue[], Result>(
  list: List,
  make: (scope: Each<ElementOf<ListOf<List>>>) => NodeBuilder<Result>,
  { maxConcurrent, onItemError }: FanOutRules = {},
): NodeBuilder<Result[], true> {
  const { document } = make({ item: referenceTo("item"), index: referenceTo("index") });
  const rules = defined({ for_each: documentValue(list), max_concurrent: maxConcurrent, on_item_error: onItemError });
  return { isFanOut: true, document: { ...document, ...rules } };
}

function commonKeys({ description, after, when, afterSkipped, priority }: NodeRules) {
  const before = after === undefined ? undefined : (isReference(after) ? [after] : after).map(nodeIdOf);
  return {
    description,
    after: before,
    when: when === undefined ? undefined : conditionDocument(when),
    after_skipped: afterSkipped,
    priority,
  };
}

/** `find` of a reference to `nodes.find`, or to something in it. */
function nodeIdOf(reference: AnyReference): string {
  return /^nodes\.([A-Za-z_][A-Za-z0-9_-]*)/.exec(pathOf(reference))?.[1] ?? pathOf(reference);
}

function defined(keys: Readonly<Record<string, JsonObject[string] | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(keys).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])));
}
