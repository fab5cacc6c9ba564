import { readFile } from "node:fs/promises";
import { cpus, freemem, totalmem } from "node:os";

export interface MemoryUse {
  readonly totalMb: number;
  readonly availableMb: number;
}

const MIB = 1024 * 1024;

/** What programs can still take: Linux knows it better than "free", which leaves out caches that can be given back. */
export async function readMemory(): Promise<MemoryUse> {
  try {
    return parseMeminfo(await readFile("/proc/meminfo", "utf8"));
  } catch {
    return { totalMb: totalmem() / MIB, availableMb: freemem() / MIB };
  }
}

/** @throws Error when the two lines are not there */
export function parseMeminfo(text: string): MemoryUse {
  const kilobytes = (name: string): number => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text);
    if (match === null) throw new Error(`meminfo has no ${name}`);
    return Number(match[1]);
  };
  return { totalMb: kilobytes("MemTotal") / 1024, availableMb: kilobytes("MemAvailable") / 1024 };
}

/** Processor use between two questions, in percent of the whole machine. */
export class CpuMeter {
  #last = cpuTimes();

  /** Since the last call, or since this object was made. */
  read(): number {
    const now = cpuTimes();
    const total = now.total - this.#last.total;
    const busy = total - (now.idle - this.#last.idle);
    this.#last = now;
    return total > 0 ? Math.max(0, (busy / total) * 100) : 0;
  }
}

function cpuTimes(): { readonly total: number; readonly idle: number } {
  return cpus().reduce(
    (sum, { times }) => ({ total: sum.total + times.user + times.nice + times.sys + times.irq + times.idle, idle: sum.idle + times.idle }),
    { total: 0, idle: 0 },
  );
}
