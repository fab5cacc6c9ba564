import type { JsonObject, JsonValue } from "../json.ts";
import { type BindingScope, bindValue } from "./bind-arguments.ts";
import { type CompiledValue, referencesIn } from "./compiled-value.ts";

/** What a composition gives back, by name. */
export type CompiledOutputs = readonly (readonly [string, CompiledValue])[];

export interface BoundOutputs {
  readonly values: JsonObject;
  /** Outputs that lead to something that a node did not give. */
  readonly failures: readonly { readonly name: string; readonly error: unknown }[];
}

/**
 * The outputs of a composition that is over. One that leads to a node which did not complete is left out; where it leads to a
 * node that was skipped because of a condition it is null.
 */
export function bindOutputs(outputs: CompiledOutputs, scope: BindingScope): BoundOutputs {
  const values: [string, JsonValue][] = [];
  const failures: { name: string; error: unknown }[] = [];
  for (const [name, output] of outputs) {
    try {
      values.push([name, bindValue(output, scope)]);
    } catch (error) {
      if (!leadsNowhere(output, scope)) failures.push({ name, error });
    }
  }
  return { values: Object.fromEntries(values), failures };
}

function leadsNowhere(output: CompiledValue, scope: BindingScope): boolean {
  for (const { reference } of referencesIn(output)) {
    if (reference.root === "nodes" && scope.node(reference.name) === undefined) return true;
  }
  return false;
}
