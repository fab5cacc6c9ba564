import { CjmError, type Clock } from "@cjm/core";

export interface WaitOptions {
  /** Ends the waiting with the signal's reason; what is waited for goes on. */
  readonly signal?: AbortSignal;
  /** Longest time to wait; what is waited for goes on. @default no limit */
  readonly timeoutMs?: number;
}

/** `promise`, or the end of the caller's patience. @throws CjmError CJM_DEADLINE_EXCEEDED, or the signal's reason */
export async function waitFor<T>(promise: Promise<T>, what: string, clock: Clock, options: WaitOptions = {}): Promise<T> {
  const { signal, timeoutMs } = options;
  if (signal === undefined && timeoutMs === undefined) return await promise;
  signal?.throwIfAborted();
  const patience = Promise.withResolvers<never>();
  const onAbort = (): void => patience.reject(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const cancelTimer =
    timeoutMs === undefined
      ? () => {}
      : clock.schedule(timeoutMs, () =>
          patience.reject(new CjmError("CJM_DEADLINE_EXCEEDED", `${what} did not end within ${timeoutMs} ms; it goes on.`)),
        );
  try {
    return await Promise.race([promise, patience.promise]);
  } finally {
    cancelTimer();
    signal?.removeEventListener("abort", onAbort);
  }
}
