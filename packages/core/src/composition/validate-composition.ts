import * as z from "zod";
import type { Composition } from "./composition.ts";
import type { CompositionCheck } from "./composition-check.ts";
import { checkComposition } from "./composition-faults.ts";
import { compositionInvalid } from "./composition-invalid.ts";
import { nestingFault } from "./document-nesting.ts";
import { countNodes } from "./plan.ts";

export interface ValidateCompositionOptions {
  /** Names that a node's `capability` may have. @default not checked */
  readonly knownCapabilities?: Iterable<string>;
}

/**
 * Checks a document (parsed YAML, or an object of the same form) and returns it in the form the queue runs.
 * @throws CjmError CJM_COMPOSITION_INVALID that lists every fault; `details.faults` has each with its field path
 */
export function validateComposition(document: unknown, options: ValidateCompositionOptions = {}): Composition {
  const { composition, faults } = checkDocument(document, options.knownCapabilities);
  if (composition !== null) return composition;
  throw compositionInvalid(nameOf(document), faults);
}

/** The same check as a zod schema: each fault is an issue at its field, for readers that report the line in a file. */
export const CompositionSchema = z.unknown().transform((document, context): Composition => {
  const { composition, faults } = checkDocument(document);
  if (composition !== null) return composition;
  for (const { field, message } of faults) context.issues.push({ code: "custom", path: [...field], message, input: document });
  return z.NEVER;
});

/** Compositions inside compositions multiply; what has more nodes than this was hardly meant. */
const MAX_NODES = 1_000_000;

function checkDocument(document: unknown, knownCapabilities?: Iterable<string>): CompositionCheck {
  const nested = nestingFault(document);
  if (nested !== null) return { composition: null, faults: [nested] };
  const check = checkComposition(document, knownCapabilities);
  if (check.composition === null || countNodes(check.composition) <= MAX_NODES) return check;
  const message = `with the compositions inside it there are more than ${MAX_NODES.toLocaleString("en")} nodes; use a fan-out for what is done many times`;
  return { composition: null, faults: [{ field: ["nodes"], message }] };
}

function nameOf(document: unknown): string {
  const name = typeof document === "object" && document !== null && "name" in document ? document.name : null;
  return typeof name === "string" && name !== "" ? `The composition '${name}'` : "The composition";
}
