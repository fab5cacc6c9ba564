import { readdirSync, readFileSync } from "node:fs";

export interface ProcessUse {
  readonly pid: number;
  /** Time when it started, in clock ticks since boot: pids come round again, pid and start do not. */
  readonly startTicks: number;
  /** Resident memory, MiB. */
  readonly residentMb: number;
  /** Processor time it has used so far, ms. */
  readonly cpuMs: number;
}

/** Fixed by the Linux ABI: `/proc` counts in 1/100 s and in pages of 4 KiB on the platforms that Node runs on. */
const TICK_MS = 10;
const PAGE_BYTES = 4096;
const MIB = 1024 * 1024;

/**
 * The process and every descendant of it, also those in other sessions, with what they use. Walks `children` files, so its
 * cost follows the size of the tree and not that of the machine. Empty when the process is gone or there is no `/proc`.
 */
export function readProcessTree(root: number): readonly ProcessUse[] {
  const found: ProcessUse[] = [];
  const waiting = [root];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    const use = readProcess(pid);
    if (use === null) continue;
    found.push(use);
    waiting.push(...childrenOf(pid));
  }
  return found;
}

/** Null when it is gone, or a zombie that only waits to be reaped. */
export function readProcess(pid: number): ProcessUse | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command may hold spaces and brackets; fields are counted after its closing bracket. See proc(5).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const field = (number: number): number => Number(fields[number - 3]);
    if (fields[0] === "Z" || fields[0] === "X") return null;
    return { pid, startTicks: field(22), residentMb: (field(24) * PAGE_BYTES) / MIB, cpuMs: (field(14) + field(15)) * TICK_MS };
  } catch {
    return null;
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
      const text = readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim();
      return text === "" ? [] : text.split(" ").map(Number);
    });
  } catch {
    return [];
  }
}
