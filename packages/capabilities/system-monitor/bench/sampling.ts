/** What one sample of the monitor costs on this machine, as a host takes it. Prints medians; `node bench/sampling.ts [rounds]`. */
import { SystemMonitor } from "../src/index.ts";

const rounds = Number(process.argv[2] ?? 500);
const monitor = new SystemMonitor();
const first = await time(1, () => monitor.getSystemStatus());
const { gpu_type: gpuType } = await monitor.getSystemStatus();
const status = await time(rounds, () => monitor.getSystemStatus());
const processes = await time(rounds, () => monitor.listProcesses());
const both = await time(rounds, async () => [await monitor.getSystemStatus(), await monitor.listProcesses()]);
console.log(`GPU ${gpuType}, ${rounds} rounds, milliseconds, median (95th percentile)`);
console.log(`first getSystemStatus   ${first.median.toFixed(3)}`);
for (const [name, cost] of Object.entries({ getSystemStatus: status, listProcesses: processes, "both in turn": both }))
  console.log(`${name.padEnd(24)}${cost.median.toFixed(3)} (${cost.high.toFixed(3)})`);
await monitor.cleanup();

async function time(times: number, work: () => Promise<unknown>): Promise<{ readonly median: number; readonly high: number }> {
  const costs: number[] = [];
  for (let round = 0; round < times; round += 1) {
    const start = performance.now();
    await work();
    costs.push(performance.now() - start);
  }
  costs.sort((a, b) => a - b);
  const at = (share: number): number => costs[Math.min(costs.length - 1, Math.floor(costs.length * share))] ?? 0;
  return { median: at(0.5), high: at(0.95) };
}
