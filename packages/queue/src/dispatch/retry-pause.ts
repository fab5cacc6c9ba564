import { isCjmError, type RetryPolicy } from "@cjm/core";

/**
 * How long to wait before the next call, or null when there is none: only transient errors that say so are tried again. The
 * pause doubles with every attempt, is scattered over its upper half, and is never shorter than what the error asks for.
 *
 * @param attempts calls made so far
 * @param random 0 to 1
 */
export function retryPauseMs(failure: unknown, attempts: number, policy: RetryPolicy | null, random: number): number | null {
  if (policy === null || attempts >= policy.maxAttempts) return null;
  if (!isCjmError(failure) || failure.category !== "transient" || !failure.retriable) return null;
  const full = Math.min(policy.maxDelayMs, policy.initialDelayMs * 2 ** (attempts - 1));
  return Math.max(failure.retryAfterMs ?? 0, full * (0.5 + random / 2));
}
