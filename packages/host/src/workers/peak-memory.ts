import { readFileSync, writeFileSync } from "node:fs";

/**
 * Makes the kernel forget the highest resident memory of a process so far, so that `peakMemoryMb` counts from now. False
 * where it cannot: no Linux, or a process of somebody else. Source: proc(5), `clear_refs`.
 */
export function resetPeakMemory(pid: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
    return true;
  } catch {
    return false;
  }
}

/** The highest resident memory of one process since the reset, MiB; null when it is gone. Source: proc(5), `VmHWM` in kB. */
export function peakMemoryMb(pid: number): number | null {
  try {
    const match = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
    return match === null ? null : Number(match[1]) / 1024;
  } catch {
    return null;
  }
}
