import { planComposition, type StoredComposition, validateComposition } from "@cjm/core";
import type { CompositionEffect } from "./composition-effect.ts";
import { type CompositionOutcome, outcomeOf } from "./composition-outcome.ts";
import { CompositionState } from "./composition-state.ts";
import { EarlierRun, type KnownMember } from "./earlier-run.ts";

/**
 * A composition as a job store remembers it: what its handle would say, states, times and results included. Of one that no
 * host runs any more what was not done is `pending` or `running`.
 * @throws CjmError CJM_COMPOSITION_INVALID when the document is none that this version knows
 */
export function storedOutcome(stored: StoredComposition, members: readonly KnownMember[]): CompositionOutcome {
  const { compositionId, document, inputs, runId, actor, runDir, submittedAt, cancelRequested } = stored;
  const plan = planComposition(validateComposition(document));
  const run = { id: runId, actor, dir: runDir };
  const state = new CompositionState({ plan, inputs, run, window: Number.POSITIVE_INFINITY });
  const earlier = new EarlierRun(state, members, submittedAt);
  const advance = (): void => {
    for (let effects = state.takeEffects(); effects.length > 0; effects = state.takeEffects()) {
      for (const effect of effects) {
        if (effect.type === "start") startItem(state, earlier, effect);
        else if (effect.type === "node_changed") effect.node.noteTime(effect.to, earlier.now);
      }
    }
  };
  earlier.replay(advance, { cancelRequested });
  const status = state.end?.status ?? stored.status;
  const times = { startedAt: submittedAt, endedAt: stored.endedAt ?? (state.isOver ? earlier.now : null) };
  return outcomeOf(state, { compositionId, runId, plan }, { status, ...times });
}

/** Without a job it did not come so far: it was closed before, its arguments could not be had, or it was never its turn. */
function startItem(state: CompositionState, earlier: EarlierRun, { node, item }: Extract<CompositionEffect, { type: "start" }>): void {
  if (earlier.begin(node, item) || earlier.members.has(node.label(item))) return;
  if (node.closing !== null) {
    state.itemEnded(node, item, { state: "cancelled" });
    return;
  }
  try {
    state.argumentsOf(node, item);
  } catch (error) {
    state.itemEnded(node, item, { state: "failed", failure: error });
  }
}
