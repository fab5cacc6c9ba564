import { JournalWriter } from "@cjm/core";
import { JobQueue } from "../../src/index.ts";
import { countingIds, MemoryJournal } from "../queue-kit.ts";
import { FollowedJobs } from "./followed-jobs.ts";
import { CountedTimers, SimulatedClock } from "./simulated-clock.ts";
import { SimulatedRuntime } from "./simulated-runtime.ts";
import { SlowJobStore } from "./slow-job-store.ts";
import { CANCEL_GRACE_MS, type Workload } from "./workload.ts";

const STARVING_AFTER_MS = 2_000;

/** What a simulation is made of. */
export interface Stage {
  readonly workload: Workload;
  readonly clock: SimulatedClock;
  /** Those of the queue. */
  readonly timers: CountedTimers;
  readonly runtime: SimulatedRuntime;
  readonly queue: JobQueue;
  readonly journal: MemoryJournal;
  readonly writer: JournalWriter;
  readonly jobs: FollowedJobs;
  /** Instances that an extension holds. */
  readonly held: Set<string>;
  /** What the queue reported. */
  readonly errors: unknown[];
}

/** A real queue over a machine, a clock and a disk that are not. */
export function stageOf(workload: Workload): Stage {
  const clock = new SimulatedClock();
  const timers = new CountedTimers(clock);
  const runtime = new SimulatedRuntime(workload, clock);
  const journal = new MemoryJournal();
  const writer = new JournalWriter(journal);
  const held = new Set<string>();
  const errors: unknown[] = [];
  const { lanes, memoryMb, storeDelayMs } = workload.machine;
  const queue = new JobQueue({
    runtime,
    journal: writer,
    clock: timers,
    lanes,
    machineMemoryMb: memoryMb,
    cancelGraceMs: CANCEL_GRACE_MS,
    starvingAfterMs: STARVING_AFTER_MS,
    maxHistory: 0,
    ids: countingIds(),
    random: () => 0.5,
    store: new SlowJobStore(clock, storeDelayMs),
    hooks: [{ name: "gate", onAdmit: ({ instanceId }) => (held.has(instanceId) ? { reason: "shut" } : null) }],
    onInternalError: (error) => errors.push(error),
  });
  return { workload, clock, timers, runtime, queue, journal, writer, jobs: new FollowedJobs(), held, errors };
}
