import { readFileSync } from "node:fs";
import os from "node:os";

/** What a reader has to know of the machine; nothing that names it. */
export function machineFacts(): Readonly<Record<string, unknown>> {
  return {
    cores: os.availableParallelism(),
    processor: os.cpus()[0]?.model ?? "",
    memory_mb: Math.round(os.totalmem() / 1e6),
    platform: `${os.platform()} ${os.release()} ${os.arch()}`,
    load_before: os.loadavg(),
  };
}

/** The share of the machine's processors that everything but this process and its ended children used meanwhile. */
export class OthersMeter {
  readonly #before = reading();

  share(): number | null {
    const after = reading();
    const before = this.#before;
    if (after === null || before === null) return null;
    const others = after.busyTicks - before.busyTicks - (after.ownTicks - before.ownTicks);
    const all = after.allTicks - before.allTicks;
    return all === 0 ? null : Number(Math.max(0, others / all).toFixed(2));
  }
}

function reading(): { readonly allTicks: number; readonly busyTicks: number; readonly ownTicks: number } | null {
  try {
    const [total = ""] = readFileSync("/proc/stat", "latin1").split("\n");
    const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softIrq = 0, steal = 0] = total
      .trim()
      .split(/\s+/)
      .slice(1)
      .map(Number);
    const busyTicks = user + nice + system + irq + softIrq + steal;
    const own = readFileSync("/proc/self/stat", "latin1").split(") ").at(-1)?.split(" ") ?? [];
    // utime, stime, and both of children that were waited for.
    const ownTicks = own.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
    return { allTicks: busyTicks + idle + wait, busyTicks, ownTicks };
  } catch {
    return null;
  }
}
