import { readFileSync } from "node:fs";
import { descendantsInTable, readProcess, readProcessTable } from "./process-table.ts";

/** A process that spawns faster than it is ended is given up after so many passes; the group signal comes last anyway. */
const MAX_PASSES = 8;

/**
 * Ends every process that this one started, with SIGKILL: its descendants, also those in sessions of their own, and those
 * whose parent has gone, which still carry the session id of this worker in their environment.
 */
export function endDescendants(sessionId: string | undefined): void {
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const alive = startedProcesses(sessionId);
    if (alive.length === 0) return;
    for (const pid of alive) signal(pid);
  }
}

/** The above, then the whole process group, this process with it. Does not return. */
export function endProcessTree(sessionId: string | undefined): never {
  endDescendants(sessionId);
  // A worker that does not lead its group was started by hand: the group is the shell's.
  if (readProcess(process.pid)?.groupId === process.pid) signal(-process.pid);
  signal(process.pid);
  process.exit(1);
}

function startedProcesses(sessionId: string | undefined): number[] {
  const table = readProcessTable();
  const family = new Set(descendantsInTable(process.pid, table));
  const marker = sessionId === undefined ? null : `CJM_WORKER_SESSION_ID=${sessionId}`;
  return table
    .filter((row) => row.pid !== process.pid)
    .filter((row) => family.has(row.pid) || (marker !== null && carries(row.pid, marker)))
    .filter((row) => !row.isZombie)
    .map((row) => row.pid);
}

function carries(pid: number, marker: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(marker);
  } catch {
    return false;
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // Gone already, which is what was wanted.
  }
}
