import type { JsonObject } from "../../json.ts";

declare const INPUTS: unique symbol;
declare const OUTPUTS: unique symbol;

/** A composition in the form that a YAML file has; types of its inputs and outputs travel along for `part`. */
export type CompositionDocument<Inputs = unknown, Outputs = unknown> = JsonObject & {
  readonly [INPUTS]?: Inputs;
  readonly [OUTPUTS]?: Outputs;
};
