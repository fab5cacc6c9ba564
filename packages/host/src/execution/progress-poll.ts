import type { Clock } from "@cjm/core";
import type { Progress } from "@cjm/protocol";

const POLL_MS = 1_000;

/**
 * Asks a worker that pushes nothing for its progress, once a second while a call runs, and reports changes. The returned
 * function ends it. The original's workers know one progress for all of their calls.
 */
export function pollProgress(ask: () => Promise<Progress>, report: (progress: Progress) => void, clock: Clock): () => void {
  let last: Progress | null = null;
  let over = false;
  let cancelTimer = (): void => {};
  const look = async (): Promise<void> => {
    const seen = await ask().catch(() => null);
    if (over) return;
    if (seen !== null && (last === null || seen.progress !== last.progress || seen.message !== last.message)) {
      last = seen;
      report(seen);
    }
    cancelTimer = clock.schedule(POLL_MS, () => void look());
  };
  cancelTimer = clock.schedule(POLL_MS, () => void look());
  return () => {
    over = true;
    cancelTimer();
  };
}
