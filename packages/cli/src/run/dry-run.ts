import {
  type Composition,
  type CompositionPlan,
  describePlan,
  type JsonObject,
  planComposition,
  resolveInputs,
  toDot,
  toMermaid,
} from "@cjm/core";
import type { Terminal } from "../terminal/terminal.ts";
import { planLines } from "./plan-lines.ts";

export const PLAN_FORMATS = ["text", "mermaid", "dot"] as const;
export type PlanFormat = (typeof PLAN_FORMATS)[number];

interface PartialInputs {
  readonly inputs: JsonObject;
  /** Required ones that were not given. */
  readonly missing: readonly string[];
}

/** Prints what a composition would do. Nothing is started, and inputs may be left out. */
export function printPlan(composition: Composition, { inputs, missing }: PartialInputs, format: PlanFormat, terminal: Terminal): void {
  const plan = planComposition(composition);
  if (terminal.json) terminal.printJson({ ...describePlan(plan, { inputs }), inputs, missingInputs: missing });
  else for (const line of linesOf(plan, { inputs, missing }, format, terminal)) terminal.print(line);
}

function linesOf(plan: CompositionPlan, { inputs, missing }: PartialInputs, format: PlanFormat, { colors }: Terminal): readonly string[] {
  switch (format) {
    case "text":
      return planLines(describePlan(plan, { inputs }), missing, colors);
    case "mermaid":
      return [toMermaid(plan).trimEnd()];
    case "dot":
      return [toDot(plan).trimEnd()];
    default:
      return format satisfies never;
  }
}

/** The inputs as far as they are given. @throws CjmError CJM_COMPOSITION_INVALID for unknown and wrong ones */
export function partialInputs(
  { name, inputs }: Composition,
  { texts, resolvePath }: { readonly texts: Readonly<Record<string, string>>; readonly resolvePath: (path: string) => string },
): PartialInputs {
  const isMissing = (input: string): boolean =>
    inputs[input]?.required === true && inputs[input].default === undefined && !Object.hasOwn(texts, input);
  const declared = Object.fromEntries(Object.entries(inputs).filter(([input]) => !isMissing(input)));
  const missing = Object.keys(inputs).filter(isMissing);
  return { inputs: resolveInputs({ name, inputs: declared }, { texts, resolvePath }), missing };
}
