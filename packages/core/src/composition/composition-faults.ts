import type * as z from "zod";
import { isJsonObject } from "../json.ts";
import type { CompositionFault, FieldPath } from "./compiled-value.ts";
import {
  type Composition,
  CompositionHeaderSchema,
  type CompositionNode,
  inputFrom,
  isReferenceName,
  NodeDocumentSchema,
  nodeFrom,
} from "./composition.ts";
import { didYouMean } from "./did-you-mean.ts";
import { defaultFaults } from "./resolve-inputs.ts";
import { structureFaults } from "./structure-faults.ts";

export interface CompositionCheck {
  /** Null when there are faults. */
  readonly composition: Composition | null;
  readonly faults: readonly CompositionFault[];
}

/**
 * Checks a document as a whole: its shape, then how its nodes hang together. A node of the wrong shape does not hide the
 * faults of the others.
 */
export function checkComposition(document: unknown, knownCapabilities?: Iterable<string>): CompositionCheck {
  const faults: CompositionFault[] = [];
  const header = CompositionHeaderSchema.safeParse(document);
  if (!header.success) faults.push(...shapeFaults(header.error, [], HEADER_KEYS));
  if (!isJsonObject(document)) return { composition: null, faults };

  const entries = nodeEntries(document["nodes"], faults);
  const nodes = entries.flatMap((entry) => {
    const node = readNode(entry, faults);
    return node === null ? [] : [{ node, field: entry.field }];
  });
  const inputs = header.success
    ? new Map(Object.entries(header.data.inputs).map(([name, input]) => [name, inputFrom(input)]))
    : new Map(Object.keys(isJsonObject(document["inputs"]) ? document["inputs"] : {}).map((name) => [name, null]));
  for (const [name, input] of inputs) {
    if (!isReferenceName(name)) faults.push({ field: ["inputs", name], message: NAME_RULE });
    else if (input !== null) faults.push(...defaultFaults(name, input));
  }
  faults.push(...structureFaults({ nodes, ids: entries.map(({ id }) => id), inputs, knownCapabilities: knownCapabilities ?? null }));
  if (faults.length > 0 || !header.success) return { composition: null, faults };
  const { name, description, fail_fast: failFast, priority } = header.data;
  return {
    composition: {
      name,
      description: description ?? null,
      inputs: Object.fromEntries([...inputs].flatMap(([key, input]) => (input === null ? [] : [[key, input]]))),
      failFast,
      priority,
      nodes: nodes.map(({ node }) => node),
    },
    faults,
  };
}

const NAME_RULE = "a name is a letter or '_' followed by letters, digits, '_' and '-'";
const HEADER_KEYS = Object.keys(CompositionHeaderSchema.shape);
const NODE_KEYS = Object.keys(NodeDocumentSchema.shape);

interface NodeEntry {
  readonly id: string;
  readonly field: FieldPath;
  readonly document: unknown;
}

/** Nodes stand in a map by id, or in a list of objects with an `id`. */
function nodeEntries(nodes: unknown, faults: CompositionFault[]): NodeEntry[] {
  if (nodes === null || nodes === undefined) {
    faults.push({ field: ["nodes"], message: "a composition needs nodes: a map from node id to what the node calls" });
    return [];
  }
  if (isJsonObject(nodes)) {
    return Object.entries(nodes).map(([id, document]) => ({ id, field: ["nodes", id], document }));
  }
  if (!Array.isArray(nodes)) {
    faults.push({ field: ["nodes"], message: "expected a map from node id to node, or a list of nodes with an 'id'" });
    return [];
  }
  return nodes.flatMap((element: unknown, index) => {
    const field = ["nodes", index];
    if (!isJsonObject(element) || typeof element["id"] !== "string") {
      faults.push({ field, message: "a node in a list needs an 'id'" });
      return [];
    }
    const { id, ...document } = element;
    return [{ id, field, document }];
  });
}

function readNode({ id, field, document }: NodeEntry, faults: CompositionFault[]): CompositionNode | null {
  if (!isReferenceName(id)) faults.push({ field, message: `'${id}' is no node id: ${NAME_RULE}` });
  const parsed = NodeDocumentSchema.safeParse(document);
  if (!parsed.success) {
    faults.push(...shapeFaults(parsed.error, field, NODE_KEYS));
    return null;
  }
  const { action, task, method, args, for_each: forEach, max_concurrent: maxConcurrent, on_item_error: onItemError } = parsed.data;
  const fault = (key: string, message: string): void => void faults.push({ field: [...field, key], message });
  if ((task === undefined) !== (method === undefined)) {
    fault(task === undefined ? "method" : "task", "'task' and 'method' stand together: name both, or name an 'action'");
  }
  if (action !== undefined && task !== undefined) fault("action", "a node calls an action or a method of a task, not both");
  if (action !== undefined && "action" in args) fault("args", "the argument 'action' is taken by the node's own 'action'");
  if (forEach === undefined && maxConcurrent !== undefined) fault("max_concurrent", "means something only beside 'for_each'");
  if (forEach === undefined && onItemError !== undefined) fault("on_item_error", "means something only beside 'for_each'");
  return nodeFrom(id, parsed.data);
}

function shapeFaults(error: z.ZodError, base: FieldPath, keys: readonly string[]): CompositionFault[] {
  return error.issues.flatMap((issue) => {
    const field = [...base, ...issue.path.map((key) => (typeof key === "number" ? key : String(key)))];
    if (issue.code !== "unrecognized_keys") {
      return [{ field, message: issue.message.endsWith("received undefined") ? "is missing" : issue.message }];
    }
    return issue.keys.map((key) => ({
      field: [...field, key],
      message: `unknown key '${key}'.${didYouMean(key, issue.path.length === 0 ? keys : [])}`,
    }));
  });
}
