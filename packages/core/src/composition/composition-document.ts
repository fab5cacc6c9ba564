import * as z from "zod";
import { AnyJsonSchema } from "./any-json-schema.ts";
import type { CallNode, Composition, CompositionInput, SubCompositionNode } from "./composition.ts";

// The YAML form. Descriptions are what an editor shows that has the published schema.

export const InputTypeSchema = z.enum(["string", "number", "integer", "boolean", "list", "path"]);

const InputDocumentSchema = z
  .strictObject({
    type: InputTypeSchema.default("string").describe("What a value must be; a path is relative to where the command runs."),
    description: z.string().optional(),
    required: z.boolean().optional().describe("False: without a value it is null. Default: required, unless there is a default."),
    default: AnyJsonSchema.optional().describe("Its value when none is given; a path is relative to this file."),
  })
  .meta({ id: "input" });

/** Everything of a document but its nodes, which are checked one by one so that one fault does not hide another. */
export const CompositionHeaderSchema = z.strictObject({
  name: z.string().min(1).describe("What the composition is called in the journal and in reports."),
  description: z.string().optional(),
  inputs: z.record(z.string(), InputDocumentSchema).default({}).describe("Values that are given when it runs: ${inputs.NAME}."),
  outputs: z
    .record(z.string(), AnyJsonSchema)
    .default({})
    .describe("What it gives back, by name, with references inside: what a node that runs this composition has as its result."),
  fail_fast: z.boolean().default(true).describe("Whether the first failure cancels what has not started."),
  priority: z.int().default(0).describe("Of its jobs; higher goes first."),
  nodes: z.unknown().optional(),
});

const RetrySchema = z.strictObject({
  max_attempts: z.int().min(1).max(100).describe("Calls in all."),
  initial_delay_ms: z.number().min(0).default(500).describe("Pause before the second call; it doubles from one to the next."),
  max_delay_ms: z.number().min(0).default(30_000),
});

export const NodeDocumentSchema = z.strictObject({
  description: z.string().optional(),
  capability: z.string().min(1).optional().describe("Name of the capability that is called."),
  instance: z.string().min(1).optional().describe("Instance that runs it; the capability's default instance otherwise."),
  action: z.string().min(1).optional().describe("Action that is called."),
  task: z.string().min(1).optional().describe("With 'method', instead of 'action': calls a task adapter."),
  method: z.string().min(1).optional(),
  args: z
    .record(z.string(), AnyJsonSchema)
    .optional()
    .describe("Arguments, with references such as ${nodes.find.documents} anywhere inside."),
  composition: z
    // What stands inside is checked as a document of its own.
    .union([z.string().min(1), z.record(z.string(), z.unknown())], { error: "expected the path of a file, or a composition" })
    .optional()
    .describe("Runs another composition instead of calling a capability: a path relative to this file, or the composition itself."),
  inputs: z
    .record(z.string(), AnyJsonSchema)
    .optional()
    .describe("Values for the inputs of 'composition', with references anywhere inside."),
  for_each: z
    .union([z.string(), z.array(AnyJsonSchema)], { error: "expected a reference or a list" })
    .optional()
    .describe("Makes the node a fan-out: once for each element of a list. ${nodes.OTHER} of a fan-out goes element by element."),
  max_concurrent: z.int().min(1).optional().describe("Elements in work at the same time."),
  on_item_error: z
    .enum(["fail", "collect"])
    .optional()
    .describe("fail: the first failed element fails the node. collect: it drops out and is listed in ${failures.ID}."),
  when: AnyJsonSchema.optional().describe("The node is skipped unless this holds; where it speaks of ${item}, the element is."),
  after_skipped: z
    .enum(["skip", "run"])
    .optional()
    .describe("When a node that this one waits for was skipped because of a condition: skip this one too (the default), or run it."),
  after: z
    .union([z.string().transform((id) => [id]), z.array(z.string())], { error: "expected the id of a node, or a list of ids" })
    .default([])
    .describe("Nodes that must have ended before, beside those that are referred to."),
  timeout_ms: z.number().positive().optional().describe("Longest time that one call may take."),
  start_timeout_ms: z.number().positive().optional().describe("Longest time that a job may wait for its start."),
  retry: RetrySchema.optional().describe("Calls again after transient errors."),
  on_interruption: z.enum(["rerun", "fail"]).optional().describe("What becomes of a job whose host died while it ran. Default: rerun."),
  cache: z
    .enum(["use", "refresh", "off"])
    .optional()
    .describe("use: take a recorded result. refresh: run and record anew. off: run and record nothing. Default: as the method declares."),
  priority: z.int().optional().describe("Higher goes first; otherwise the composition's."),
  control: z.record(z.string(), AnyJsonSchema).optional().describe("Flags that travel beside the arguments, such as force."),
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

export function callNodeFrom(id: string, capability: string, document: NodeDocument): CallNode {
  const { retry } = document;
  return {
    ...basicsFrom(id, document),
    kind: "call",
    capability,
    instanceId: document.instance ?? capability,
    call:
      document.task !== undefined && document.method !== undefined
        ? { channel: "task", task: document.task, method: document.method }
        : { channel: "execute", action: document.action ?? null },
    args: document.args ?? {},
    timeoutMs: document.timeout_ms ?? null,
    startTimeoutMs: document.start_timeout_ms ?? null,
    retry:
      retry === undefined
        ? null
        : { maxAttempts: retry.max_attempts, initialDelayMs: retry.initial_delay_ms, maxDelayMs: retry.max_delay_ms },
    onInterruption: document.on_interruption ?? null,
    cache: document.cache ?? null,
    control: document.control ?? null,
  };
}

export function subCompositionNodeFrom(id: string, composition: Composition, document: NodeDocument): SubCompositionNode {
  return { ...basicsFrom(id, document), kind: "composition", composition, inputs: document.inputs ?? {} };
}

function basicsFrom(id: string, document: NodeDocument) {
  return {
    id,
    description: document.description ?? null,
    after: document.after,
    // Its form is checked where it is compiled, with messages that say what is meant.
    when: document.when ?? null,
    afterSkipped: document.after_skipped ?? "skip",
    forEach: document.for_each ?? null,
    maxConcurrent: document.max_concurrent ?? null,
    onItemError: document.on_item_error ?? "fail",
    priority: document.priority ?? null,
  } as const;
}

/** Keys of a node that calls a capability, and those of a node that runs a composition. */
export const CALL_KEYS = [
  "instance",
  "action",
  "task",
  "method",
  "args",
  "timeout_ms",
  "start_timeout_ms",
  "retry",
  "on_interruption",
  "cache",
  "control",
] as const satisfies readonly (keyof NodeDocument)[];
