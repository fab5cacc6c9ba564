import type { JsonObject } from "../json.ts";
import { referencesInCondition } from "./compile-condition.ts";
import { type CompositionFault, type FieldPath, referencesIn } from "./compiled-value.ts";
import type { CompositionInput, CompositionNode } from "./composition.ts";
import { Suggestions } from "./did-you-mean.ts";
import { findCycles } from "./find-cycles.ts";
import { compileOutputs, fanOutsOf, type PlannedNode, planNode } from "./plan.ts";
import { type Known, missingNode, referenceFault } from "./reference-faults.ts";
import { subCompositionFaults } from "./sub-composition-faults.ts";

export interface StructureInput {
  /** Nodes of the right shape, with where they stand. */
  readonly nodes: readonly { readonly node: CompositionNode; readonly field: FieldPath }[];
  /** Ids of all nodes, also of those of the wrong shape, in document order. */
  readonly ids: readonly string[];
  /** Null: the input is there, its declaration is not readable. */
  readonly inputs: ReadonlyMap<string, CompositionInput | null>;
  readonly outputs: JsonObject;
  /** Null: not known, so not checked. */
  readonly knownCapabilities: ReadonlySet<string> | null;
}

type Report = (at: FieldPath, message: string) => void;

/**
 * Faults in how the nodes of one document hang together: duplicates, references that lead nowhere or stand where they mean
 * nothing, conditions, what is given to compositions inside, cycles.
 */
export function structureFaults(input: StructureInput): CompositionFault[] {
  const faults: CompositionFault[] = [...duplicateFaults(input)];
  const fanOuts = fanOutsOf({ nodes: input.nodes.map(({ node }) => node) });
  const level = { prefix: "", parent: null, followsParent: false, fanOuts, priority: 0 };
  const planned = input.nodes.map(({ node, field }) => ({
    field,
    plan: planNode(node, level, (fault) => faults.push({ ...fault, field: [...field, ...fault.field] })),
  }));
  const known = knownFrom(input, fanOuts);

  for (const { plan, field } of planned)
    nodeFaults(plan, known, input.knownCapabilities, (at, message) => faults.push({ field: [...field, ...at], message }));
  for (const [, output] of compileOutputs(input, (fault) => faults.push(fault))) {
    for (const { reference, field } of referencesIn(output)) {
      const message = ITEM_ROOTS.has(reference.root)
        ? `'${reference.root}' means something only inside a fan-out.`
        : referenceFault(reference, false, known);
      if (message !== null) faults.push({ field, message: `${reference.text}: ${message}` });
    }
  }
  const edges = new Map(planned.map(({ plan }) => [plan.node.id, [...plan.wholeDependencies, ...plan.itemDependencies]]));
  for (const cycle of findCycles(edges)) {
    faults.push({ field: ["nodes"], message: `these nodes wait for each other: ${cycle.toReversed().join(" -> ")}` });
  }
  return faults;
}

const ITEM_ROOTS: ReadonlySet<string> = new Set(["item", "index", "matching"]);

function knownFrom({ ids, nodes, inputs }: StructureInput, fanOuts: ReadonlySet<string>): Known {
  const read = new Map(nodes.map(({ node }) => [node.id, node]));
  const unread = new Set(ids.filter((id) => !read.has(id)));
  return { ids: new Set(ids), fanOuts, inputs, unread, nodes: read, suggest: new Suggestions() };
}

function duplicateFaults({ ids }: StructureInput): CompositionFault[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const id of ids) (seen.has(id) ? twice : seen).add(id);
  return [...twice].map((id) => ({ field: ["nodes"], message: `the node id '${id}' stands more than once; ids are unique` }));
}

function nodeFaults(plan: PlannedNode, known: Known, capabilities: ReadonlySet<string> | null, report: Report): void {
  const { node } = plan;
  if (node.kind === "composition") for (const { field, message } of subCompositionFaults(node, known)) report(field, message);
  else if (capabilities !== null && !capabilities.has(node.capability)) {
    report(["capability"], `no capability '${node.capability}' is known.${known.suggest.like(node.capability, capabilities)}`);
  }
  for (const id of node.after) if (!known.ids.has(id)) report(["after"], missingNode(id, known));
  for (const message of forEachFaults(plan, known)) report(["for_each"], message);
  const isFanOut = plan.forEach !== null;
  for (const { reference, field } of referencesIn(plan.args)) {
    const message = referenceFault(reference, isFanOut, known);
    if (message !== null) report(field, `${reference.text}: ${message}`);
  }
  if (plan.when === null) return;
  for (const { reference, field } of referencesInCondition(plan.when)) {
    const message = referenceFault(reference, isFanOut, known);
    if (message !== null) report(field, `${reference.text}: ${message}`);
  }
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
