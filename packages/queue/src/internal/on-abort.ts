/** Calls `act` when the signal aborts, at once if it has; disposing of the result lets go of the signal. */
export function onAbort(signal: AbortSignal | undefined, act: () => void): Disposable {
  if (signal?.aborted === true) act();
  else signal?.addEventListener("abort", act, { once: true });
  return { [Symbol.dispose]: () => signal?.removeEventListener("abort", act) };
}
