import { calls } from "./benches/calls.ts";
import { lifecycle } from "./benches/lifecycle.ts";
import { workers } from "./benches/workers.ts";
import type { Bench } from "./kit/bench.ts";

/** All benches, in the order in which they run. */
export const BENCHES: readonly Bench[] = [workers, calls, lifecycle];
