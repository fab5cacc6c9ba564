import * as z from "zod";
import type { JsonObject, JsonValue } from "../json.ts";

/** What a value given for an input must be. `path` is a string that the caller resolves against a folder. */
export const InputTypeSchema = z.enum(["string", "number", "integer", "boolean", "list", "path"]);
export type InputType = z.infer<typeof InputTypeSchema>;

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

export interface CompositionNode {
  readonly id: string;
  readonly capability: string;
  /** The instance that runs it; the capability's default instance unless the document names another. */
  readonly instanceId: string;
  readonly description: string | null;
  readonly call: NodeCall;
  /** Arguments with references anywhere inside. */
  readonly args: JsonObject;
  /** Not null makes the node a fan-out: one job for each item. One reference as text, or a list. */
  readonly forEach: string | readonly JsonValue[] | null;
  /** Jobs of a fan-out that may be in the queue or running at the same time; null: as many as the queue likes. */
  readonly maxConcurrent: number | null;
  /** `fail`: the first item that fails fails the node. `collect`: failed items drop out and are listed in `failures.<id>`. */
  readonly onItemError: "fail" | "collect";
  /** Longest time that one call may take; null: no limit. */
  readonly timeoutMs: number | null;
  readonly retry: RetryPolicy | null;
  /** Null: the composition's. */
  readonly priority: number | null;
  /** Nodes that must have completed before this one starts, beside those it refers to. */
  readonly after: readonly string[];
  /** Flags that travel in the call envelope. */
  readonly control: JsonObject | null;
}

/** A composition that was checked: `validateComposition` makes it from a document. */
export interface Composition {
  readonly name: string;
  readonly description: string | null;
  readonly inputs: Readonly<Record<string, CompositionInput>>;
  /** Whether the first failure cancels what has not started. @default true */
  readonly failFast: boolean;
  /** Of its jobs, unless a node says otherwise. @default 0 */
  readonly priority: number;
  /** In the order of the document. */
  readonly nodes: readonly CompositionNode[];
}

const NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** Names of nodes and inputs: a letter or `_`, then letters, digits, `_` and `-`, so that a reference can hold them. */
export function isReferenceName(text: string): boolean {
  return NAME.test(text);
}

const InputDocumentSchema = z.strictObject({
  type: InputTypeSchema.default("string"),
  description: z.string().optional(),
  required: z.boolean().optional(),
  default: z.json().optional(),
});

/** Everything of a document but its nodes, which are checked one by one so that one fault does not hide another. */
export const CompositionHeaderSchema = z.strictObject({
  name: z.string().min(1),
  description: z.string().optional(),
  inputs: z.record(z.string(), InputDocumentSchema).default({}),
  fail_fast: z.boolean().default(true),
  priority: z.int().default(0),
  nodes: z.unknown().optional(),
});

export const NodeDocumentSchema = z.strictObject({
  capability: z.string().min(1),
  instance: z.string().min(1).optional(),
  description: z.string().optional(),
  action: z.string().min(1).optional(),
  task: z.string().min(1).optional(),
  method: z.string().min(1).optional(),
  args: z.record(z.string(), z.json()).default({}),
  for_each: z.union([z.string(), z.array(z.json())], { error: "expected a reference or a list" }).optional(),
  max_concurrent: z.int().min(1).optional(),
  on_item_error: z.enum(["fail", "collect"]).optional(),
  timeout_ms: z.number().positive().optional(),
  retry: z
    .strictObject({
      max_attempts: z.int().min(1).max(100),
      initial_delay_ms: z.number().min(0).default(500),
      max_delay_ms: z.number().min(0).default(30_000),
    })
    .optional(),
  priority: z.int().optional(),
  after: z
    .union([z.string().transform((id) => [id]), z.array(z.string())], { error: "expected the id of a node, or a list of ids" })
    .default([]),
  control: z.record(z.string(), z.json()).optional(),
});
export type NodeDocument = z.infer<typeof NodeDocumentSchema>;

export function inputFrom(document: z.infer<typeof InputDocumentSchema>): CompositionInput {
  return {
    type: document.type,
    description: document.description ?? null,
    required: document.required ?? document.default === undefined,
    default: document.default,
  };
}

export function nodeFrom(id: string, document: NodeDocument): CompositionNode {
  return {
    id,
    capability: document.capability,
    instanceId: document.instance ?? document.capability,
    description: document.description ?? null,
    call:
      document.task !== undefined && document.method !== undefined
        ? { channel: "task", task: document.task, method: document.method }
        : { channel: "execute", action: document.action ?? null },
    args: document.args,
    forEach: document.for_each ?? null,
    maxConcurrent: document.max_concurrent ?? null,
    onItemError: document.on_item_error ?? "fail",
    timeoutMs: document.timeout_ms ?? null,
    retry:
      document.retry === undefined
        ? null
        : {
            maxAttempts: document.retry.max_attempts,
            initialDelayMs: document.retry.initial_delay_ms,
            maxDelayMs: document.retry.max_delay_ms,
          },
    priority: document.priority ?? null,
    after: document.after,
    control: document.control ?? null,
  };
}
