import type * as z from "zod";
import { plainIssue } from "../internal/zod-issues.ts";
import { isJsonObject } from "../json.ts";
import type { CompositionFault, FieldPath } from "./compiled-value.ts";
import { type CompositionNode, isReferenceName } from "./composition.ts";
import type { CompositionCheck } from "./composition-check.ts";
import { CALL_KEYS, callNodeFrom, type NodeDocument, NodeDocumentSchema, subCompositionNodeFrom } from "./composition-document.ts";
import { didYouMean } from "./did-you-mean.ts";

export interface NodeEntry {
  readonly id: string;
  readonly field: FieldPath;
  readonly document: unknown;
}

export const NAME_RULE = "a name is a letter or '_' followed by letters, digits, '_' and '-'";
const NODE_KEYS = Object.keys(NodeDocumentSchema.shape);

/** A node by itself; null when it is of the wrong shape. Faults go to `faults`. */
export function readNode(
  { id, field, document }: NodeEntry,
  faults: CompositionFault[],
  checkPart: (document: unknown) => CompositionCheck,
): CompositionNode | null {
  const fault = (key: string, message: string): void => void faults.push({ field: [...field, key], message });
  if (!isReferenceName(id)) faults.push({ field, message: `'${id}' is no node id: ${NAME_RULE}` });
  if (isJsonObject(document) && !("capability" in document) && !("composition" in document)) fault("capability", "is missing");
  const parsed = NodeDocumentSchema.safeParse(document);
  if (!parsed.success) {
    faults.push(...shapeFaults(parsed.error, field, NODE_KEYS));
    return null;
  }
  const node = parsed.data;
  for (const key of ["max_concurrent", "on_item_error"] as const) {
    if (node.for_each === undefined && node[key] !== undefined) fault(key, "means something only beside 'for_each'");
  }
  if (node.composition !== undefined) {
    // As it was given, not as the schema copied it: one that stands in many places is checked once.
    const inner = isJsonObject(document) ? document["composition"] : undefined;
    return readPart({ id, field, document: inner }, node, { fault, faults, checkPart });
  }
  if (node.capability === undefined) return null;
  callFaults(node, fault);
  return callNodeFrom(id, node.capability, node);
}

type Fault = (key: string, message: string) => void;

function callFaults({ action, task, method, args = {}, inputs, cache, control }: NodeDocument, fault: Fault): void {
  if ((task === undefined) !== (method === undefined)) {
    fault(task === undefined ? "method" : "task", "'task' and 'method' stand together: name both, or name an 'action'");
  }
  if (action !== undefined && task !== undefined) fault("action", "a node calls an action or a method of a task, not both");
  if (action !== undefined && "action" in args) fault("args", "the argument 'action' is taken by the node's own 'action'");
  if (inputs !== undefined) fault("inputs", "means something only beside 'composition'; a capability takes 'args'");
  if (cache !== undefined && control !== undefined && "cache" in control)
    fault("control", "'cache' stands here and beside it; say it once");
}

interface PartContext {
  readonly fault: Fault;
  readonly faults: CompositionFault[];
  readonly checkPart: (document: unknown) => CompositionCheck;
}

function readPart(
  { id, field, document }: NodeEntry,
  node: NodeDocument,
  { fault, faults, checkPart }: PartContext,
): CompositionNode | null {
  if (node.capability !== undefined) fault("capability", "a node calls a capability or runs a composition, not both");
  for (const key of CALL_KEYS) {
    if (node[key] === undefined) continue;
    fault(
      key,
      key === "args" ? "a composition takes 'inputs'" : "means something only for a capability; give it to the nodes of the composition",
    );
  }
  if (typeof node.composition === "string") {
    fault(
      "composition",
      `'${node.composition}' is a file, which is found only from a file: read this one with readComposition(), or put the composition itself here`,
    );
    return null;
  }
  const { composition, faults: within } = checkPart(document);
  for (const { field: at, message } of within) faults.push({ field: [...field, "composition", ...at], message });
  return composition === null ? null : subCompositionNodeFrom(id, composition, node);
}

/** The issues of a zod schema as faults, with the nearest of `keys` for one that is unknown. */
export function shapeFaults(error: z.ZodError, base: FieldPath, keys: readonly string[]): CompositionFault[] {
  return error.issues.flatMap((issue) => {
    const field = [...base, ...issue.path.map((key) => (typeof key === "number" ? key : String(key)))];
    if (issue.code !== "unrecognized_keys") {
      return [{ field, message: plainIssue(issue.message) }];
    }
    return issue.keys.map((key) => ({
      field: [...field, key],
      message: `unknown key '${key}'.${didYouMean(key, issue.path.length === 0 ? keys : [])}`,
    }));
  });
}
