import type { Action } from "./action.ts";
import type { ActionDescription } from "./capability-port.ts";
import { jsonSchemaOf } from "./json-schema.ts";

/** What the built-in action `describe` answers on every capability. */
export interface CapabilityDescription {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly runtime: { readonly language: string; readonly version: string };
  readonly actions: readonly ActionDescription[];
  /** Version of every dependency that the capability's own module resolves. */
  readonly dependencies: Readonly<Record<string, string>>;
}

export function describeCapability(facts: Omit<CapabilityDescription, "runtime">): CapabilityDescription {
  const { name, version, description, actions, dependencies } = facts;
  return { name, version, description, runtime: { language: "node", version: process.versions.node }, actions, dependencies };
}

export function describeAction(name: string, action: Action): ActionDescription {
  return {
    name,
    description: action.description,
    input_schema: jsonSchemaOf(action.input, "input"),
    output_schema: jsonSchemaOf(action.output, "output"),
    streams: action.streams,
    idempotent: action.idempotent,
    cache: action.cache,
  };
}
