import type { Figures } from "./figures.ts";
import type { Workload } from "./workload.ts";

/** One bench: what it measures, and the work. It runs in a process of its own. */
export interface Bench {
  /** One line for people. */
  readonly summary: string;
  run(context: BenchContext): Promise<void>;
}

export interface BenchContext {
  readonly figures: Figures;
  readonly workload: Workload;
  /** An empty folder, removed afterwards. */
  readonly folder: string;
}
