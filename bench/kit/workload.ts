import { readFile } from "node:fs/promises";
import * as z from "zod";

const count = z.int().positive();

/**
 * Every size. Letters are the original's cases, and keys of the same name mean the same there, so that its own file can be
 * given with `--workload`; what it does not have takes the value here.
 */
const WorkloadSchema = z.looseObject({
  a: z.looseObject({
    /** Starts of each program. */
    starts: count.default(15),
    /** From the first answer to the reading of memory: what is measured is a worker that does nothing. */
    settle_s: z.number().nonnegative().default(1.5),
    floor_runs: count.default(5),
    /** Loads and unloads, one after another, that must leave nothing behind. */
    cycles: count.default(100),
  }),
  b: z.looseObject({
    warmup: count.default(200),
    rounds: count.default(5),
    payloads: z.array(z.looseObject({ name: z.string(), bytes: count, calls: count })).default([
      { name: "100B", bytes: 100, calls: 500 },
      { name: "1MB", bytes: 1_000_000, calls: 20 },
      { name: "10MB", bytes: 10_000_000, calls: 3 },
    ]),
    in_flight: z.array(count).default([1, 4, 16]),
    /** Of 100 bytes, at each number in flight. */
    burst_calls: count.default(1_000),
  }),
  c: z.looseObject({
    jobs: count.default(300),
    lanes: z.array(count).default([1, 4]),
    cap: count.default(4),
    idle_jobs: count.default(10),
    rounds: count.default(5),
    in_flight: z.array(count).default([1, 4, 16]),
    /** At each number in flight. */
    burst_jobs: count.default(2_000),
  }),
  d: z.looseObject({
    /** Jobs that wait while others are dispatched. */
    pending: z.array(count).default([1_000, 100_000, 1_000_000]),
    /** Dispatched at a time while they wait; others take their places. */
    window: count.default(250),
    windows: count.default(10),
    /** Jobs of other instances that resources hold up. */
    blocked_jobs: count.default(10_000),
    rounds: count.default(5),
  }),
  e: z.looseObject({
    chain: count.default(100),
    fan: count.default(200),
    layers: count.default(10),
    width: count.default(20),
    lanes: count.default(4),
    cap: count.default(4),
    rounds: count.default(3),
    /** Nodes of compositions whose calls return at once. */
    nodes: z.array(count).default([10, 1_000, 100_000]),
  }),
  events: z.looseObject({ subscribers: count.default(100), jobs: count.default(500), rounds: count.default(5) }),
  h: z.looseObject({ capabilities: count.default(8), rounds: count.default(3) }),
});
export type Workload = z.infer<typeof WorkloadSchema>;

/** @throws ZodError for a file that is no workload */
export async function readWorkload(path: string | undefined): Promise<Workload> {
  const given: unknown = path === undefined ? {} : JSON.parse(await readFile(path, "utf8"));
  return WorkloadSchema.parse({ a: {}, b: {}, c: {}, d: {}, e: {}, events: {}, h: {}, ...(given as object) });
}
