import type { JsonObject, JsonValue } from "../json.ts";

/** What a value given for an input must be. `path` is a string that the caller resolves against a folder. */
export type InputType = "string" | "number" | "integer" | "boolean" | "list" | "path";

/** An input of a composition. It is required unless it has a default or says `required: false` (then its value is null). */
export interface CompositionInput {
  readonly type: InputType;
  readonly description: string | null;
  readonly required: boolean;
  /** Undefined: none. */
  readonly default: JsonValue | undefined;
}

/** Up to `maxAttempts` calls in all, as long as the error is transient and retriable; the pause doubles from one to the next. */
export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
}

/** What a node calls: an action of the execute channel (null: the capability's plain `execute`), or a method of a task. */
export type NodeCall =
  | { readonly channel: "execute"; readonly action: string | null }
  | { readonly channel: "task"; readonly task: string; readonly method: string };

/**
 * What a node asks of the execution cache. `use`: take a recorded result, else run and record. `refresh`: run, and record in
 * place of the old. `off`: run, and record nothing.
 */
export type CacheMode = "use" | "refresh" | "off";

interface NodeBasics {
  /** As the document names it; in a plan with the ids of the nodes around it before it: `scan/parse`. */
  readonly id: string;
  readonly description: string | null;
  /** Nodes that must have ended before this one starts, beside those it refers to. */
  readonly after: readonly string[];
  /** A `ConditionDocument`; null: none. The node is skipped unless it holds; where it speaks of the item, that item is. */
  readonly when: JsonValue | null;
  /** What becomes of the node when one that it waits for was skipped because of a condition. */
  readonly afterSkipped: "skip" | "run";
  /** Not null makes the node a fan-out: once for each item. One reference as text, or a list. */
  readonly forEach: string | readonly JsonValue[] | null;
  /** Items of a fan-out that may be in work at the same time; null: as many as the queue likes. */
  readonly maxConcurrent: number | null;
  /** `fail`: the first item that fails fails the node. `collect`: failed items drop out and are listed in `failures.<id>`. */
  readonly onItemError: "fail" | "collect";
  /** Null: the composition's. */
  readonly priority: number | null;
}

/** A node that calls a capability. */
export interface CallNode extends NodeBasics {
  readonly kind: "call";
  readonly capability: string;
  /** The instance that runs it; the capability's default instance unless the document names another. */
  readonly instanceId: string;
  readonly call: NodeCall;
  /** Arguments with references anywhere inside. */
  readonly args: JsonObject;
  /** Longest time that one call may take; null: no limit. */
  readonly timeoutMs: number | null;
  /** Longest time that a job may wait for its start; null: no limit. */
  readonly startTimeoutMs: number | null;
  readonly retry: RetryPolicy | null;
  /** What becomes of a job whose host died while it ran; null: the queue's default. */
  readonly onInterruption: "rerun" | "fail" | null;
  /** Null: as the method declares. */
  readonly cache: CacheMode | null;
  /** Flags that travel in the call envelope. */
  readonly control: JsonObject | null;
}

/** A node that runs another composition; its result is an object with that one's outputs. */
export interface SubCompositionNode extends NodeBasics {
  readonly kind: "composition";
  readonly composition: Composition;
  /** Values for its inputs, with references anywhere inside. */
  readonly inputs: JsonObject;
}

export type CompositionNode = CallNode | SubCompositionNode;

/** A composition that was checked: `validateComposition` makes it from a document. */
export interface Composition {
  readonly name: string;
  readonly description: string | null;
  readonly inputs: Readonly<Record<string, CompositionInput>>;
  /** What it gives back, with references anywhere inside. */
  readonly outputs: JsonObject;
  /** Whether the first failure cancels what has not started. @default true */
  readonly failFast: boolean;
  /** Of its jobs, unless a node says otherwise; inside another composition 0 means that one's. @default 0 */
  readonly priority: number;
  /** In the order of the document. */
  readonly nodes: readonly CompositionNode[];
}

const NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** Names of nodes, inputs and outputs: a letter or `_`, then letters, digits, `_` and `-`, so that a reference can hold them. */
export function isReferenceName(text: string): boolean {
  return NAME.test(text);
}
