import type { CompositionFault } from "./compiled-value.ts";
import type { Composition } from "./composition.ts";

/** What came of checking a document. */
export interface CompositionCheck {
  /** Null when there are faults. */
  readonly composition: Composition | null;
  readonly faults: readonly CompositionFault[];
}
