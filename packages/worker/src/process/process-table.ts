import { readdirSync, readFileSync } from "node:fs";

/** One process as `/proc/<pid>/stat` shows it. Times are clock ticks, memory is pages. Source: proc_pid_stat(5). */
export interface ProcessRow {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  readonly cpuTicks: number;
  /** Since boot; tells a recycled pid from the process that had it before. */
  readonly startTicks: number;
  readonly residentPages: number;
  /** Ended, and only waiting for its parent to notice. */
  readonly isZombie: boolean;
}

/** The row of one process, or null when it is gone or its text is none of a process. */
export function readProcess(pid: number): ProcessRow | null {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return null;
  }
}

/** The command name stands in parentheses and may hold anything, so fields are counted from the last `)`. */
export function parseProcessStat(text: string): ProcessRow | null {
  const end = text.lastIndexOf(")");
  const fields = text.slice(end + 2).split(" ");
  const pid = Number.parseInt(text, 10);
  const field = (number: number): number => Number(fields[number - 3]);
  const numbers = {
    pid,
    parentPid: field(4),
    groupId: field(5),
    cpuTicks: field(14) + field(15),
    startTicks: field(22),
    residentPages: field(24),
  };
  if (end <= 0 || !Object.values(numbers).every(Number.isFinite)) return null;
  return { ...numbers, isZombie: fields[0] === "Z" || fields[0] === "X" };
}

/** Every process of the machine in one pass; a process that ends meanwhile is left out. Empty where there is no `/proc`. */
export function readProcessTable(): readonly ProcessRow[] {
  return processIds().flatMap((pid) => readProcess(pid) ?? []);
}

/**
 * Pids of the living descendants of `pid`, parents first. Reads the kernel's own lists of children, so that the cost
 * follows the size of the subtree and not of the machine.
 */
export function descendantPids(pid: number): readonly number[] {
  const found: number[] = [];
  const waiting = [pid];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const children = childPids(next);
    if (children === null) return descendantsInTable(pid, readProcessTable());
    found.push(...children);
    waiting.push(...children);
  }
  return found;
}

/** The same from a table that was read before. */
export function descendantsInTable(pid: number, table: readonly ProcessRow[]): readonly number[] {
  const family = new Set([pid]);
  let size = 0;
  while (size !== family.size) {
    size = family.size;
    for (const row of table) if (family.has(row.parentPid)) family.add(row.pid);
  }
  family.delete(pid);
  return [...family];
}

function processIds(): number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

/** Null when this kernel keeps no such lists (they need a build option). */
function childPids(pid: number): number[] | null {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
  const children: number[] = [];
  for (const thread of threads) {
    try {
      const text = readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").trim();
      if (text !== "") children.push(...text.split(" ").map(Number));
    } catch {
      if (pid === process.pid) return null;
    }
  }
  return children;
}
