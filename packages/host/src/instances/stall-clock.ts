/** What a look at a worker that initialises or prefetches brought. */
export type ProgressLook =
  | { readonly kind: "answered"; readonly progress: number; readonly message: string }
  /** It lives and did not answer in time: it is busy, which is no proof that it stands still. */
  | { readonly kind: "silent" };

export interface StallState {
  /** How long progress has been seen to stand still, ms. */
  readonly stillMs: number;
  readonly last: { readonly progress: number; readonly message: string } | null;
}

export const NOT_STALLED: StallState = { stillMs: 0, last: null };

/**
 * The state after a look. Only time between looks in which progress stood still counts, and of one such span never more
 * than `longestSpanMs`: a machine that slept, or a host that was busy, makes no worker stall.
 */
export function afterLook(
  state: StallState,
  look: ProgressLook,
  span: { readonly elapsedMs: number; readonly longestSpanMs: number; readonly silenceCounts: boolean },
): StallState {
  const elapsedMs = Math.min(Math.max(0, span.elapsedMs), span.longestSpanMs);
  if (look.kind === "silent") return span.silenceCounts ? { ...state, stillMs: state.stillMs + elapsedMs } : state;
  const { progress, message } = look;
  const moved = state.last === null || state.last.progress !== progress || state.last.message !== message;
  return moved ? { stillMs: 0, last: { progress, message } } : { ...state, stillMs: state.stillMs + elapsedMs };
}
