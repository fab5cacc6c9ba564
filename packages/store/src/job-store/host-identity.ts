import { readFileSync, readlinkSync } from "node:fs";
import { systemErrorCode } from "@cjm/core";

/** Which process a host is, told so that nobody takes another one for it. */
export interface HostIdentity {
  readonly pid: number;
  /** When the process started, in clock ticks since boot; a pid alone comes round again. Null where there is no `/proc`. */
  readonly startTicks: number | null;
  /** Of the running kernel, new with every boot; null where there is no `/proc`. */
  readonly bootId: string | null;
  /** Inode of the namespace that the pid belongs to, as each container has its own; null where there is no `/proc`. */
  readonly pidNamespace: string | null;
}

export type ProcessState = "runs" | "gone" | "unknown";

interface ProcessStat {
  readonly state: string;
  readonly startTicks: number;
}

export function ownIdentity(): HostIdentity {
  return {
    pid: process.pid,
    startTicks: readStat(process.pid)?.startTicks ?? null,
    bootId: textOf(() => readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim()),
    pidNamespace: textOf(() => readlinkSync("/proc/self/ns/pid")),
  };
}

/** Whether two processes see each other under their pids: same boot, same namespace (or systems that have neither). */
export function shareProcessTable(a: HostIdentity, b: HostIdentity): boolean {
  return a.bootId === b.bootId && a.pidNamespace === b.pidNamespace;
}

/**
 * Whether the very process still runs; one that only waits to be reaped does not. Asked of an identity that shares this
 * process's table. `unknown`: a process of that pid is there and the system tells no more about it.
 */
export function stateOfProcess({ pid, startTicks }: HostIdentity): ProcessState {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemErrorCode(error) === "ESRCH") return "gone";
  }
  const stat = readStat(pid);
  if (stat === null || startTicks === null) return "unknown";
  return stat.startTicks === startTicks && stat.state !== "Z" && stat.state !== "X" ? "runs" : "gone";
}

/** Fields 3 and 22 of proc_pid_stat(5); null when the system does not tell. */
function readStat(pid: number): ProcessStat | null {
  // A /proc of another namespace shows other processes under our pids.
  if (textOf(() => readlinkSync("/proc/self")) !== String(process.pid)) return null;
  const text = textOf(() => readFileSync(`/proc/${pid}/stat`, "latin1"));
  if (text === null) return null;
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", startTicks: Number(fields[19]) };
}

function textOf(read: () => string): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}
