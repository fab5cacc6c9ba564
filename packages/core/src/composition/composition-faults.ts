import { isJsonObject } from "../json.ts";
import type { CompositionFault } from "./compiled-value.ts";
import { isReferenceName } from "./composition.ts";
import type { CompositionCheck } from "./composition-check.ts";
import { CompositionHeaderSchema, inputFrom } from "./composition-document.ts";
import { NAME_RULE, type NodeEntry, readNode, shapeFaults } from "./read-node.ts";
import { defaultFaults } from "./resolve-inputs.ts";
import { structureFaults } from "./structure-faults.ts";

/**
 * Checks a document as a whole: its shape, then how its nodes hang together, and the same for the compositions inside it. A
 * node of the wrong shape does not hide the faults of the others. The document must pass `nestingFault`.
 */
export function checkComposition(document: unknown, knownCapabilities?: Iterable<string>): CompositionCheck {
  const capabilities = knownCapabilities === undefined ? null : new Set(knownCapabilities);
  const checked = new Map<unknown, CompositionCheck>();
  const check = (part: unknown): CompositionCheck => {
    const known = checked.get(part) ?? checkOne(part, capabilities, check);
    checked.set(part, known);
    return known;
  };
  return check(document);
}

function checkOne(
  document: unknown,
  knownCapabilities: ReadonlySet<string> | null,
  checkPart: (document: unknown) => CompositionCheck,
): CompositionCheck {
  const faults: CompositionFault[] = [];
  const header = CompositionHeaderSchema.safeParse(document);
  if (!header.success) faults.push(...shapeFaults(header.error, [], HEADER_KEYS));
  if (!isJsonObject(document)) return { composition: null, faults };

  const entries = nodeEntries(document["nodes"], faults);
  const nodes = entries.flatMap((entry) => {
    const node = readNode(entry, faults, checkPart);
    return node === null ? [] : [{ node, field: entry.field }];
  });
  const inputs = header.success
    ? new Map(Object.entries(header.data.inputs).map(([name, input]) => [name, inputFrom(input)]))
    : new Map(Object.keys(isJsonObject(document["inputs"]) ? document["inputs"] : {}).map((name) => [name, null]));
  for (const [name, input] of inputs) {
    if (!isReferenceName(name)) faults.push({ field: ["inputs", name], message: NAME_RULE });
    else if (input !== null) faults.push(...defaultFaults(name, input));
  }
  const outputs = header.success ? header.data.outputs : {};
  for (const name of Object.keys(outputs)) if (!isReferenceName(name)) faults.push({ field: ["outputs", name], message: NAME_RULE });
  faults.push(...structureFaults({ nodes, ids: entries.map(({ id }) => id), inputs, outputs, knownCapabilities }));
  if (faults.length > 0 || !header.success) return { composition: null, faults };
  const { name, description, fail_fast: failFast, priority } = header.data;
  return {
    composition: {
      name,
      description: description ?? null,
      inputs: Object.fromEntries([...inputs].flatMap(([key, input]) => (input === null ? [] : [[key, input]]))),
      outputs,
      failFast,
      priority,
      nodes: nodes.map(({ node }) => node),
    },
    faults,
  };
}

const HEADER_KEYS = Object.keys(CompositionHeaderSchema.shape);

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
