import { type CompiledValue, type CompositionFault, compileValue } from "./compiled-value.ts";
import type { Composition, SubCompositionNode } from "./composition.ts";
import type { Known } from "./reference-faults.ts";
import { valueFault } from "./resolve-inputs.ts";

/** Faults between a node that runs a composition and that composition: inputs that do not fit, and fan-outs inside fan-outs. */
export function subCompositionFaults(node: SubCompositionNode, known: Known): CompositionFault[] {
  const { composition, inputs, forEach } = node;
  const declared = new Map(Object.entries(composition.inputs));
  const faults: CompositionFault[] = [];
  for (const name of Object.keys(inputs)) {
    if (declared.has(name)) continue;
    const hint = declared.size === 0 ? " It has none." : known.suggest.like(name, declared.keys());
    faults.push({ field: ["inputs", name], message: `the composition '${composition.name}' has no input '${name}'.${hint}` });
  }
  for (const [name, input] of declared) {
    const field = ["inputs", name];
    const given = inputs[name];
    if (given === undefined) {
      if (input.required) faults.push({ field, message: `the composition '${composition.name}' requires it` });
      continue;
    }
    // A fault in a reference is found where the node is planned.
    const compiled: CompiledValue = compileValue(given, field, () => {});
    const message = compiled.kind === "constant" ? valueFault(input, compiled.value) : null;
    if (message !== null) faults.push({ field, message });
  }
  const inner = forEach === null ? null : firstFanOut(composition);
  if (inner !== null) {
    const message = [
      `'${inner}' inside '${composition.name}' is a fan-out too, and a fan-out inside a fan-out is not supported.`,
      `Give the composition the whole list and let '${inner}' go over it, or have one node make one flat list of what both go over.`,
    ].join(" ");
    faults.push({ field: ["for_each"], message });
  }
  return faults;
}

/** Id of the first fan-out in a composition, or in those inside it. */
function firstFanOut(composition: Composition, looked = new Set<Composition>()): string | null {
  if (looked.has(composition)) return null;
  looked.add(composition);
  for (const { id, forEach } of composition.nodes) if (forEach !== null) return id;
  for (const node of composition.nodes) {
    const inner = node.kind === "composition" ? firstFanOut(node.composition, looked) : null;
    if (inner !== null) return `${node.id}/${inner}`;
  }
  return null;
}
