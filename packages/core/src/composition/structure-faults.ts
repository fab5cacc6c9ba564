import { type CompositionFault, type FieldPath, referencesIn } from "./compiled-value.ts";
import type { CompositionInput, CompositionNode } from "./composition.ts";
import { didYouMean } from "./did-you-mean.ts";
import { findCycles } from "./find-cycles.ts";
import { type PlannedNode, planNode } from "./plan.ts";
import type { Reference } from "./reference.ts";

export interface StructureInput {
  /** Nodes of the right shape, with where they stand. */
  readonly nodes: readonly { readonly node: CompositionNode; readonly field: FieldPath }[];
  /** Ids of all nodes, also of those of the wrong shape, in document order. */
  readonly ids: readonly string[];
  /** Null: the input is there, its declaration is not readable. */
  readonly inputs: ReadonlyMap<string, CompositionInput | null>;
  /** Null: not known, so not checked. */
  readonly knownCapabilities: Iterable<string> | null;
}

/** Faults in how nodes hang together: duplicates, references that lead nowhere or stand where they mean nothing, cycles. */
export function structureFaults(input: StructureInput): CompositionFault[] {
  const faults: CompositionFault[] = [...duplicateFaults(input)];
  const fanOuts = new Set(input.nodes.filter(({ node }) => node.forEach !== null).map(({ node }) => node.id));
  const planned = input.nodes.map(({ node, field }) => ({
    field,
    plan: planNode(node, fanOuts, (fault) => faults.push({ ...fault, field: [...field, ...fault.field] })),
  }));
  const known: Known = { ids: new Set(input.ids), fanOuts, inputs: input.inputs, unread: unreadable(input) };
  const capabilities = input.knownCapabilities === null ? null : new Set(input.knownCapabilities);

  for (const { plan, field } of planned) {
    const report = (at: FieldPath, message: string): void => void faults.push({ field: [...field, ...at], message });
    if (capabilities !== null && !capabilities.has(plan.node.capability)) {
      report(["capability"], `no capability '${plan.node.capability}' is known.${didYouMean(plan.node.capability, capabilities)}`);
    }
    for (const id of plan.node.after) {
      if (!known.ids.has(id)) report(["after"], `there is no node '${id}'.${didYouMean(id, known.ids)}`);
    }
    for (const message of forEachFaults(plan, known)) report(["for_each"], message);
    for (const { reference, field: at } of referencesIn(plan.args)) {
      const message = referenceFault(reference, plan.forEach !== null, known);
      if (message !== null) report(at, `${reference.text}: ${message}`);
    }
  }
  for (const cycle of findCycles(
    new Map(planned.map(({ plan }) => [plan.node.id, [...plan.wholeDependencies, ...plan.itemDependencies]])),
  )) {
    faults.push({ field: ["nodes"], message: `these nodes wait for each other: ${cycle.toReversed().join(" -> ")}` });
  }
  return faults;
}

interface Known {
  readonly ids: ReadonlySet<string>;
  readonly fanOuts: ReadonlySet<string>;
  readonly inputs: ReadonlyMap<string, CompositionInput | null>;
  /** Ids of nodes of which it cannot be said whether they are fan-outs. */
  readonly unread: ReadonlySet<string>;
}

function unreadable({ ids, nodes }: StructureInput): Set<string> {
  const read = new Set(nodes.map(({ node }) => node.id));
  return new Set(ids.filter((id) => !read.has(id)));
}

function duplicateFaults({ ids }: StructureInput): CompositionFault[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const id of ids) (seen.has(id) ? twice : seen).add(id);
  return [...twice].map((id) => ({ field: ["nodes"], message: `the node id '${id}' stands more than once; ids are unique` }));
}

function forEachFaults(plan: PlannedNode, known: Known): string[] {
  const value = plan.forEach;
  if (value === null) return [];
  const faults = [...referencesIn(value)].flatMap(({ reference }) => {
    const message = referenceFault(reference, false, known);
    return message === null ? [] : [`${reference.text}: ${message}`];
  });
  if (value.kind === "text" || (value.kind === "constant" && !Array.isArray(value.value))) {
    faults.push(`expected one reference alone, such as \${nodes.find.documents}, or a list`);
  }
  if (value.kind === "reference" && value.reference.root === "inputs" && value.reference.path.length === 0) {
    const input = known.inputs.get(value.reference.name);
    if (input != null && input.type !== "list") {
      faults.push(`${value.reference.text}: the input '${value.reference.name}' is a ${input.type}; give it 'type: list'`);
    }
  }
  return faults;
}

function referenceFault({ root, name, path }: Reference, insideFanOut: boolean, known: Known): string | null {
  switch (root) {
    case "inputs":
      return known.inputs.has(name) ? null : `there is no input '${name}'.${didYouMean(name, known.inputs.keys())}`;
    case "run":
      return RUN_FIELDS.has(name) && path.length === 0 ? null : `of the run there are run.id, run.actor and run.dir.`;
    case "item":
    case "index":
      return insideFanOut ? null : `'${root}' means something only in the args of a node with 'for_each'.`;
    case "nodes":
      if (!known.ids.has(name)) return missingNode(name, known);
      return known.fanOuts.has(name) && typeof path[0] === "string"
        ? `'${name}' is a fan-out, so its value is a list; take an item of it with [0], or use 'for_each' and \${item.${path[0]}}.`
        : null;
    case "failures":
      if (!known.ids.has(name)) return missingNode(name, known);
      return isFanOut(name, known) ? null : `'${name}' is no fan-out; only a node with 'for_each' lists failures.`;
    case "matching":
      if (!insideFanOut) return "'matching' means something only in the args of a node with 'for_each'.";
      if (!known.ids.has(name)) return missingNode(name, known);
      return isFanOut(name, known) ? null : `'${name}' is no fan-out, so it has no matching item; use \${nodes.${name}}.`;
    default:
      root satisfies never;
      return null;
  }
}

const RUN_FIELDS = new Set(["id", "actor", "dir"]);

function isFanOut(id: string, known: Known): boolean {
  return known.fanOuts.has(id) || known.unread.has(id);
}

function missingNode(name: string, known: Known): string {
  return `there is no node '${name}'.${didYouMean(name, known.ids)}`;
}
