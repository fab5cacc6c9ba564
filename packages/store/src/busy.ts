import { setTimeout as pause } from "node:timers/promises";
import { systemErrorCode } from "@cjm/core";

/** Whether a store's operation failed because another connection held the file. */
export function isBusy(error: unknown): boolean {
  return isBusyError(error instanceof Error ? error.cause : null);
}

/** Whether this is what SQLite itself says of a file that another connection holds. */
export function isBusyError(error: unknown): boolean {
  return systemErrorCode(error)?.startsWith("SQLITE_BUSY") === true;
}

/** Milliseconds before try number `attempt` (from 1): longer from one to the next, and uneven, so that two do not meet again and again. */
export function busyPauseMs(attempt: number, random = Math.random()): number {
  return 1 + random * Math.min(24, 2 ** Math.min(attempt, 5));
}

/** Calls `use` until the file is free; the event loop goes on meanwhile. @throws what `use` throws, that the file is busy only after `timeoutMs` */
export async function whenFree<T>(use: () => T, timeoutMs: number): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return use();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error;
    }
    await pause(busyPauseMs(attempt));
  }
}
