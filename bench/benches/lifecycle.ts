import { join } from "node:path";
import type { Bench, BenchContext } from "../kit/bench.ts";
import { BenchHost } from "../kit/bench-host.ts";
import type { Figures, Goal } from "../kit/figures.ts";
import { interleave } from "../kit/interleave.ts";
import { countDescriptors, readMemory } from "../kit/process-readings.ts";

/** So many loads before the first reading: what a host makes once and keeps is no leak. */
const WARMUPS = 3;

/** What may be held after all loads and unloads, of what was held before. */
const GOALS: Readonly<Record<string, Goal>> = {
  host_descriptors: { atMost: 1 },
  host_listeners: { atMost: 1 },
  host_heap_mb: { atMost: 1.1 },
  host_rss_mb: { atMost: 1.1 },
};

/** What loading and unloading costs, and that it leaves nothing behind in the host. */
export const lifecycle: Bench = {
  summary: "load and unload, one after another and side by side, and what a hundred of them leave behind",
  async run({ figures, workload, folder }: BenchContext): Promise<void> {
    await oneAfterAnother(figures, join(folder, "cycles"), workload.a.cycles);
    await several(figures, join(folder, "several"), workload.h);
  },
};

async function oneAfterAnother(figures: Figures, folder: string, cycles: number): Promise<void> {
  await using host = await BenchHost.open({ folder });
  figures.add("a.host_rss_before_first_load_mb", "MB", readMemory(process.pid).rssMb);
  const cycle = async (instanceId: string, keep: boolean): Promise<void> => {
    const name = (figure: string): string => (instanceId === "bench-python" ? `${figure}@python` : figure);
    const cpuBefore = process.cpuUsage();
    const startedMs = performance.now();
    await host.manager.load(instanceId);
    const loadedMs = performance.now();
    const { user, system } = process.cpuUsage(cpuBefore);
    await host.manager.unload(instanceId);
    const unloadedMs = performance.now();
    if (!keep) return;
    figures.add(name("a.load_s"), "s", (loadedMs - startedMs) / 1000);
    figures.add(name("a.load_host_cpu_s"), "s", (user + system) / 1e6);
    figures.add(name("a.unload_s"), "s", (unloadedMs - loadedMs) / 1000);
    figures.add(name("a.load_and_unload_per_s"), "1/s", 1000 / (unloadedMs - startedMs));
  };
  await interleave(["bench-0", "bench-python"], { rounds: WARMUPS, warmups: 0 }, (instanceId) => cycle(instanceId, false));
  const before = await holdings();
  await interleave(["bench-0", "bench-python"], { rounds: Math.ceil(cycles / 2), warmups: 0 }, (instanceId) => cycle(instanceId, true));
  const after = await holdings();
  for (const [what, { unit, value }] of Object.entries(after)) {
    figures.add(`a.${what}_before_cycles`, unit, before[what]?.value ?? Number.NaN);
    figures.add(`a.${what}_after_cycles`, unit, value);
    const goal = GOALS[what];
    if (goal !== undefined) figures.ratio(`a.${what} after/before`, `a.${what}_after_cycles`, `a.${what}_before_cycles`, goal);
  }
  figures.note("a.cycles", Math.ceil(cycles / 2) * 2);

  await host.manager.load("bench-0");
  figures.add("a.host_rss_one_worker_mb", "MB", readMemory(process.pid).rssMb);
}

/** What this process holds, after everything that nobody refers to any more is gone. */
async function holdings(): Promise<Readonly<Record<string, { readonly unit: string; readonly value: number }>>> {
  // Ends of sockets and of streams come a turn of the loop later, and what they held is free only then.
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  globalThis.gc?.();
  const listeners = process.eventNames().reduce((sum, event) => sum + process.listenerCount(event), 0);
  return {
    host_descriptors: { unit: "descriptors", value: countDescriptors() },
    host_listeners: { unit: "listeners", value: listeners },
    host_active_resources: { unit: "resources", value: process.getActiveResourcesInfo().length },
    host_heap_mb: { unit: "MB", value: process.memoryUsage().heapUsed / 1e6 },
    host_rss_mb: { unit: "MB", value: readMemory(process.pid).rssMb },
  };
}

async function several(
  figures: Figures,
  folder: string,
  { capabilities, rounds }: { readonly capabilities: number; readonly rounds: number },
): Promise<void> {
  await using host = await BenchHost.open({ folder, tools: capabilities });
  const { manager } = host;
  const names = Array.from({ length: capabilities }, (_, index) => `bench-${index}`);
  const timed = async (figure: string | null, work: () => Promise<unknown>): Promise<void> => {
    const startedMs = performance.now();
    await work();
    if (figure !== null) figures.add(figure, "s", (performance.now() - startedMs) / 1000);
  };
  await interleave(["sequential", "concurrent"], { rounds, warmups: 1 }, async (way, isWarmup) => {
    if (way === "concurrent") {
      await timed(isWarmup ? null : "h.concurrent_s", () => Promise.all(names.map((name) => manager.load(name))));
    } else {
      await timed(isWarmup ? null : "h.sequential_s", async () => {
        for (const name of names) await manager.load(name);
      });
    }
    await timed(isWarmup || way === "sequential" ? null : "h.concurrent_unload_s", () =>
      Promise.all(names.map((name) => manager.unload(name))),
    );
  });
  figures.ratio("h.concurrent/sequential", "h.concurrent_s", "h.sequential_s");
}
