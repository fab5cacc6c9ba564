import { readdirSync, readFileSync } from "node:fs";

/** MB are 10^6 bytes, as in the reports of the original. */
export interface MemoryReading {
  /** Resident, what is shared with others counted in full. */
  readonly rssMb: number;
  /** Resident, what is shared divided among those who share it. */
  readonly pssMb: number;
  /** Resident and nobody else's: what one more such process costs. */
  readonly privateMb: number;
}

/** Memory of one process, from `/proc`. Linux. */
export function readMemory(pid: number): MemoryReading {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
  const megabytes = (key: string): number => {
    const kib = new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(text)?.[1];
    if (kib === undefined) throw new Error(`/proc/${pid}/smaps_rollup has no ${key}`);
    return (Number(kib) * 1024) / 1e6;
  };
  return { rssMb: megabytes("Rss"), pssMb: megabytes("Pss"), privateMb: megabytes("Private_Clean") + megabytes("Private_Dirty") };
}

/** Processor time of one process, all its running threads, in milliseconds, to the nanosecond. Linux. */
export function readCpuMs(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => {
    const [onCpuNs = "0"] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "latin1").split(" ");
    return sum + Number(onCpuNs) / 1e6;
  }, 0);
}

/** Open descriptors of this process. Linux. */
export function countDescriptors(): number {
  // Reading the folder opens one more.
  return readdirSync("/proc/self/fd").length - 1;
}
