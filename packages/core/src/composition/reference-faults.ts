import type { CompositionInput, CompositionNode } from "./composition.ts";
import type { Suggestions } from "./did-you-mean.ts";
import type { Reference } from "./reference.ts";

/** What references of one document can lead to. */
export interface Known {
  readonly ids: ReadonlySet<string>;
  readonly fanOuts: ReadonlySet<string>;
  /** Null: the input is there, its declaration is not readable. */
  readonly inputs: ReadonlyMap<string, CompositionInput | null>;
  /** Ids of nodes of which it cannot be said whether they are fan-outs. */
  readonly unread: ReadonlySet<string>;
  /** Nodes that were read, by id. */
  readonly nodes: ReadonlyMap<string, CompositionNode>;
  readonly suggest: Suggestions;
}

/** Why a reference leads nowhere or means nothing where it stands; null when it is sound. */
export function referenceFault(reference: Reference, insideFanOut: boolean, known: Known): string | null {
  const { root, name, path } = reference;
  switch (root) {
    case "inputs":
      return known.inputs.has(name) ? null : `there is no input '${name}'.${known.suggest.like(name, known.inputs.keys())}`;
    case "run":
      return RUN_FIELDS.has(name) && path.length === 0 ? null : `of the run there are run.id, run.actor and run.dir.`;
    case "item":
    case "index":
      return insideFanOut ? null : `'${root}' means something only in the args of a node with 'for_each'.`;
    case "nodes":
      return known.ids.has(name) ? resultFault(reference, known) : missingNode(name, known);
    case "failures":
      if (!known.ids.has(name)) return missingNode(name, known);
      return isFanOut(name, known) ? null : `'${name}' is no fan-out; only a node with 'for_each' lists failures.`;
    case "matching":
      if (!insideFanOut) return "'matching' means something only in the args of a node with 'for_each'.";
      if (!known.ids.has(name)) return missingNode(name, known);
      return isFanOut(name, known)
        ? outputFault(name, path[0], known)
        : `'${name}' is no fan-out, so it has no matching item; use \${nodes.${name}}.`;
    default:
      root satisfies never;
      return null;
  }
}

const RUN_FIELDS = new Set(["id", "actor", "dir"]);

function resultFault({ name, path }: Reference, known: Known): string | null {
  const [first, second] = path;
  if (!known.fanOuts.has(name)) return outputFault(name, first, known);
  return typeof first === "string"
    ? `'${name}' is a fan-out, so its value is a list; take an item of it with [0], or use 'for_each' and \${item.${first}}.`
    : outputFault(name, second, known);
}

/** Of a node that runs a composition the outputs are known beforehand. */
function outputFault(name: string, step: string | number | undefined, known: Known): string | null {
  const node = known.nodes.get(name);
  if (node?.kind !== "composition" || step === undefined || Object.hasOwn(node.composition.outputs, step)) return null;
  const outputs = Object.keys(node.composition.outputs);
  if (outputs.length === 0) return `the composition '${node.composition.name}' gives nothing back; list what it gives under its 'outputs'.`;
  return `the composition '${node.composition.name}' has no output '${step}'.${known.suggest.like(String(step), outputs)}`;
}

function isFanOut(id: string, known: Known): boolean {
  return known.fanOuts.has(id) || known.unread.has(id);
}

export function missingNode(name: string, known: Known): string {
  return `there is no node '${name}'.${known.suggest.like(name, known.ids)}`;
}
