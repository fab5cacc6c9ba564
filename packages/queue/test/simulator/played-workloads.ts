import fc from "fast-check";
import { expect } from "vitest";
import { SimulatedTurns } from "./simulated-turns.ts";
import { type Played, simulate } from "./simulation.ts";
import { Violation } from "./violation.ts";
import { type Workload, workloads } from "./workload.ts";

/** Every so many, one is played twice. */
const REPLAYED_EVERY = 20;
/** As much of a trace as somebody reads. */
const TRACE_LINES = 200;

/**
 * Plays random workloads; the first that fails is told as the smallest that does, with its seed, its path and its trace. Set
 * CJM_SIMULATION_SEED and CJM_SIMULATIONS for others or more of them, and CJM_SIMULATION_PATH to play a single one again.
 */
export async function playWorkloads({ workloads: count, seed }: { readonly workloads: number; readonly seed: number }): Promise<void> {
  using turns = new SimulatedTurns();
  const total = { workloads: 0, jobs: 0, calls: 0, steps: 0, evictions: 0, simulatedMs: 0 };
  const property = fc.asyncProperty(workloads, async (workload) => {
    const played = await simulate(workload, turns);
    total.workloads += 1;
    for (const key of ["jobs", "calls", "steps", "evictions", "simulatedMs"] as const) total[key] += played[key];
    if (total.workloads % REPLAYED_EVERY === 0) await expectSameTrace(workload, played, turns);
  });
  const { CJM_SIMULATION_SEED, CJM_SIMULATIONS, CJM_SIMULATION_PATH } = process.env;
  const outcome = await fc.check(property, {
    numRuns: Number(CJM_SIMULATIONS ?? count),
    seed: Number(CJM_SIMULATION_SEED ?? seed),
    ...(CJM_SIMULATION_PATH === undefined ? {} : { path: CJM_SIMULATION_PATH }),
  });
  if (outcome.failed) throw explained(outcome);
  console.info(`simulated ${JSON.stringify(total)}`);
}

async function expectSameTrace(workload: Workload, played: Played, turns: SimulatedTurns): Promise<void> {
  const again = await simulate(workload, turns);
  expect(again.trace.join("\n")).toBe(played.trace.join("\n"));
}

function explained({ counterexample, counterexamplePath, seed, errorInstance, numShrinks }: fc.RunDetails<[Workload]>): Error {
  const trace = errorInstance instanceof Violation ? errorInstance.trace.slice(-TRACE_LINES) : [];
  const lines = [
    String(errorInstance),
    `seed ${seed}, path ${counterexamplePath}, smallest after ${numShrinks} steps:`,
    JSON.stringify(counterexample?.[0], null, 1),
    ...trace,
  ];
  return new Error(lines.join("\n"), { cause: errorInstance });
}
