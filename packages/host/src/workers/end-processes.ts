import { readdirSync, readFileSync } from "node:fs";
import { type ProcessUse, readProcess } from "./process-tree.ts";

/** A process that starts others faster than they are ended is given up after so many passes. */
const MOST_PASSES = 8;

/** To the whole process group that a worker leads. */
export function signalGroup(leaderPid: number, signal: NodeJS.Signals): void {
  if (leaderPid > 0) sendSignal(-leaderPid, signal);
}

/** Kills those processes of an earlier look that are still the same: pids come round again. */
export function killProcesses(processes: readonly ProcessUse[]): void {
  for (const { pid, startTicks } of processes) {
    if (readProcess(pid)?.startTicks === startTicks) sendSignal(pid, "SIGKILL");
  }
}

/**
 * Kills every process that carries a worker's session id in its environment: also what ran away into another session or
 * lost its parent. Reads the whole process table, so it is done once, when a worker has ended.
 */
export function killSession(sessionId: string): void {
  const marker = `CJM_WORKER_SESSION_ID=${sessionId}`;
  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    const found = allPids().filter((pid) => pid !== process.pid && carries(pid, marker));
    if (found.length === 0) return;
    for (const pid of found) sendSignal(pid, "SIGKILL");
  }
}

/** Every process of this machine that can be seen; none where there is no `/proc`. */
export function allPids(): readonly number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function carries(pid: number, marker: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(marker);
  } catch {
    return false;
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Already gone.
  }
}
