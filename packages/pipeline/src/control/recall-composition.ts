import type { JobStore } from "@cjm/core";
import { type CompositionOutcome, storedOutcome } from "@cjm/queue";

/**
 * How a composition stands or ended, as far as the job store remembers it; null: it does not know it. Of one whose host is gone
 * what was not done is `pending` or `running`.
 * @throws CjmError CJM_STORE_FAILED, CJM_COMPOSITION_INVALID
 */
export async function recallComposition(
  store: Pick<JobStore, "findComposition" | "members">,
  compositionId: string,
): Promise<CompositionOutcome | null> {
  const stored = await store.findComposition(compositionId);
  return stored === null ? null : storedOutcome(stored, await store.members(compositionId));
}
