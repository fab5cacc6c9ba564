import { readFileSync } from "node:fs";
import { descendantPids, type ProcessRow, readProcess } from "./process-table.ts";

/** What a worker and its descendants use. */
export interface SubtreeUsage {
  /** The worker first. */
  readonly pids: readonly number[];
  /** Since the previous reading, summed over the subtree; may exceed 100. */
  readonly cpuPercent: number;
  /** MiB, summed over the subtree. */
  readonly residentMb: number;
}

const MIB = 1024 * 1024;
/** The kernel reports times to programs in hundredths of a second on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Reads the usage of this process and its descendants; of this process alone where there is no `/proc`. */
export class SubtreeUsageReader {
  readonly #nowMs: () => number;
  readonly #pageBytes = pageBytes();
  #previous: { readonly atMs: number; readonly ticks: ReadonlyMap<string, number> } | null = null;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  read(): SubtreeUsage {
    const own = this.#pageBytes === null ? null : readProcess(process.pid);
    if (own === null) return this.#readSelf();
    const rows = [own, ...descendantPids(process.pid).flatMap((pid) => readProcess(pid) ?? [])];
    const pages = rows.reduce((sum, row) => sum + row.residentPages, 0);
    return {
      pids: rows.map((row) => row.pid),
      cpuPercent: this.#cpuPercent(new Map(rows.map((row) => [identity(row), row.cpuTicks]))),
      residentMb: (pages * (this.#pageBytes ?? 0)) / MIB,
    };
  }

  #readSelf(): SubtreeUsage {
    const { user, system } = process.cpuUsage();
    const ticks = ((user + system) / 1_000_000) * TICKS_PER_SECOND;
    return {
      pids: [process.pid],
      cpuPercent: this.#cpuPercent(new Map([[String(process.pid), ticks]])),
      residentMb: process.memoryUsage.rss() / MIB,
    };
  }

  /** A process that was not there at the previous reading counts as nothing. */
  #cpuPercent(ticks: ReadonlyMap<string, number>): number {
    const atMs = this.#nowMs();
    const previous = this.#previous;
    this.#previous = { atMs, ticks };
    if (previous === null || atMs <= previous.atMs) return 0;
    let used = 0;
    for (const [key, now] of ticks) used += Math.max(0, now - (previous.ticks.get(key) ?? now));
    return ((used / TICKS_PER_SECOND) * 100_000) / (atMs - previous.atMs);
  }
}

function identity(row: ProcessRow): string {
  return `${row.pid}@${row.startTicks}`;
}

/** Page size, found by comparing two views of this process's memory; sizes are powers of two. Null without `/proc`. */
function pageBytes(): number | null {
  try {
    const pages = Number(readFileSync("/proc/self/statm", "latin1").split(" ")[1]);
    return 2 ** Math.round(Math.log2(process.memoryUsage.rss() / pages));
  } catch {
    return null;
  }
}
