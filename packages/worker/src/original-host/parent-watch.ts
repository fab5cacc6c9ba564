import { systemErrorCode } from "@cjm/core/plain";
import { type ProcessRow, readProcess } from "../process/process-table.ts";

const INTERVAL_MS = 1_000;

/**
 * Calls `onGone` once, within a second of the end of a process that is not ours to wait for. The original's host offers
 * nothing that would break when it dies, save an output pipe, which tells only those who write. Keeps nobody awake.
 */
export function watchParent(pid: number, onGone: () => void): void {
  const first = readProcess(pid);
  const timer = setInterval(() => {
    if (first === null ? isSignalable(pid) : isSameProcess(first, readProcess(pid))) return;
    clearInterval(timer);
    onGone();
  }, INTERVAL_MS);
  timer.unref();
}

/** A zombie has ended; a pid that started at another time is another process. */
export function isSameProcess(first: ProcessRow, now: ProcessRow | null): boolean {
  return now !== null && !now.isZombie && now.startTicks === first.startTicks;
}

/** For systems without `/proc`, and for a parent that was gone before it was first looked at. */
function isSignalable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemErrorCode(error) === "EPERM";
  }
}
