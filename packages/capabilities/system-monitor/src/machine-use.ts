import { readFileSync } from "node:fs";
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

/** The program of a process, 120 characters at most, without its arguments: these may hold secrets. Empty when unknown. */
export async function readCommand(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return (text.split("\0")[0] ?? "").slice(0, 120);
}

interface CpuTimes {
  readonly total: number;
  readonly idle: number;
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

/** One line of `/proc/stat` where there is one: asking for every processor also asks for its clock, which is slow on large machines. */
function cpuTimes(): CpuTimes {
  try {
    return parseCpuTimes(readFileSync("/proc/stat", "latin1"));
  } catch {
    return cpus().reduce(
      (sum, { times }) => ({
        total: sum.total + times.user + times.nice + times.sys + times.irq + times.idle,
        idle: sum.idle + times.idle,
      }),
      { total: 0, idle: 0 },
    );
  }
}

/**
 * The line of all processors: user, nice, system, idle, iowait, irq, softirq, steal; what follows is part of user and nice.
 * Waiting for a disk is idle.
 * @throws Error when there is no such line
 */
export function parseCpuTimes(text: string): CpuTimes {
  const match = /^cpu +((?:\d+ ?){4,})/.exec(text);
  if (match === null) throw new Error("stat has no line of all processors");
  const ticks = (match[1] ?? "").trim().split(" ").map(Number).slice(0, 8);
  return { total: ticks.reduce((sum, tick) => sum + tick, 0), idle: (ticks[3] ?? 0) + (ticks[4] ?? 0) };
}
