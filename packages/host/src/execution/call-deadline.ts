import { CjmError, type Clock } from "@cjm/core";

/** A signal that also aborts when a call took too long, and the way to let go of its timer. */
export function withDeadline(
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs?: number | undefined },
  subject: string,
  clock: Clock,
): { readonly signal: AbortSignal } & Disposable {
  if (timeoutMs === undefined) return { signal, [Symbol.dispose]: () => {} };
  const late = new AbortController();
  const error = new CjmError("CJM_DEADLINE_EXCEEDED", `The call of ${subject} did not end within ${timeoutMs} ms.`, {
    details: { timeoutMs },
  });
  const cancelTimer = clock.schedule(timeoutMs, () => late.abort(error));
  return { signal: AbortSignal.any([signal, late.signal]), [Symbol.dispose]: cancelTimer };
}
