import fc from "fast-check";

/** How the system monitor answers. `late`: after so long; `silent`: never. */
export type MonitorMode = "prompt" | "late" | "silent" | "failing" | "absent";

/** Sizes are MiB. */
export interface MachineSpec {
  readonly lanes: number;
  readonly memoryMb: number;
  /** Memory of each device. */
  readonly gpusMb: readonly number[];
  /** The monitor gives each device by itself, not only their sums. */
  readonly tellsDevices: boolean;
  readonly monitor: MonitorMode;
  /** Idle workers can be ended to make room; where they cannot, they hold nothing. */
  readonly makesRoom: boolean;
  /** What every step of the job store takes. */
  readonly storeDelayMs: number;
}

export interface InstanceSpec {
  readonly cap: number;
  /** Highest that a run takes. */
  readonly memoryMb: number;
  readonly gpuMb: number;
  /** Share of that which its worker holds from its start on, also while it is idle. */
  readonly keptShare: number;
  readonly device: number;
  /** `half`: its memory was measured, of the GPU that it says it uses nobody knows. */
  readonly measured: "yes" | "no" | "half";
  readonly warm: boolean;
  readonly startMs: number;
  /** It stops when it is asked to. */
  readonly heeds: boolean;
  /** So many of its first workers die at their start. */
  readonly crashes: number;
}

export type RunEnd = "completes" | "fails" | "passes by" | "hangs" | "kills its worker";

export interface JobPlan {
  readonly atMs: number;
  readonly instance: number;
  readonly priority: number;
  readonly runMs: number;
  /** It grows to its peak after and within so long. */
  readonly growsAfterMs: number;
  readonly growsForMs: number;
  /** Of what was measured; more than 1: of what nobody expects. */
  readonly share: number;
  readonly end: RunEnd;
  /** Calls that end so, before one completes. */
  readonly badCalls: number;
  readonly attempts: number;
  readonly timeoutMs: number | null;
  readonly startTimeoutMs: number | null;
  readonly cancelAfterMs: number | null;
  readonly reorder: { readonly afterMs: number; readonly priority: number } | null;
  /** Whenever it ends before, another one like it is submitted. */
  readonly repeatUntilMs: number;
}

export interface Incident {
  readonly atMs: number;
  readonly forMs: number;
  readonly what: "outside takes" | "disabled" | "held" | "journal fails" | "monitor" | "reloaded" | "configured anew" | "cap";
  readonly instance: number;
  readonly memoryMb: number;
  readonly gpuMb: number;
  readonly monitor: MonitorMode;
}

export interface Workload {
  /** Runs take no more than was measured, nobody else takes anything, and the monitor is right: then memory must always suffice. */
  readonly orderly: boolean;
  readonly machine: MachineSpec;
  readonly instances: readonly InstanceSpec[];
  readonly jobs: readonly JobPlan[];
  readonly incidents: readonly Incident[];
}

const MACHINE_MB = 16_000;
const GPU_MB = 10_000;

const machine: fc.Arbitrary<MachineSpec> = fc.record({
  lanes: fc.integer({ min: 1, max: 5 }),
  memoryMb: fc.constant(MACHINE_MB),
  gpusMb: fc.constantFrom([], [GPU_MB], [GPU_MB], [GPU_MB], [GPU_MB, GPU_MB], [GPU_MB, 4_000]),
  tellsDevices: fc.boolean(),
  monitor: fc.constantFrom<MonitorMode>("prompt", "prompt", "prompt", "prompt", "late", "silent", "failing", "absent"),
  makesRoom: fc.constantFrom(true, true, true, false),
  storeDelayMs: fc.constantFrom(0, 0, 0, 4),
});

const instance: fc.Arbitrary<InstanceSpec> = fc.record({
  cap: fc.constantFrom(1, 1, 1, 2, 3),
  memoryMb: fc.constantFrom(0, 100, 100, 600, 2_000, 5_000, 9_000, 15_500, 17_000),
  gpuMb: fc.constantFrom(0, 0, 0, 300, 2_000, 3_000, 4_500, 6_000, 8_000, 9_000, 9_100),
  keptShare: fc.constantFrom(0, 0.3, 0.6, 1),
  device: fc.nat(1),
  measured: fc.constantFrom("yes", "yes", "yes", "no", "half"),
  warm: fc.boolean(),
  startMs: fc.constantFrom(0, 0, 50, 1_000),
  heeds: fc.boolean(),
  crashes: fc.constantFrom(0, 0, 0, 0, 0, 1, 3, 7),
});

const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value, { freq: 6, nil: null }).map((one) => one);
const seldom = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: optional(value) });

const job: fc.Arbitrary<JobPlan> = fc.record({
  atMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 12_000 })),
  instance: fc.nat(4),
  priority: fc.constantFrom(0, 0, 0, 0, 1, -1),
  runMs: fc.oneof(fc.integer({ min: 0, max: 800 }), fc.integer({ min: 0, max: 9_000 })),
  growsAfterMs: fc.constantFrom(0, 0, 0, 7_000),
  growsForMs: fc.constantFrom(0, 200, 3_000),
  share: fc.constantFrom(1, 1, 0.7, 0.4, 1.3),
  end: fc.constantFrom<RunEnd>("completes", "completes", "completes", "completes", "fails", "passes by", "hangs", "kills its worker"),
  badCalls: fc.integer({ min: 1, max: 3 }),
  attempts: fc.integer({ min: 1, max: 3 }),
  timeoutMs: seldom(fc.integer({ min: 1, max: 5_000 })),
  startTimeoutMs: seldom(fc.integer({ min: 1, max: 20_000 })),
  cancelAfterMs: seldom(fc.integer({ min: 0, max: 10_000 })),
  reorder: seldom(fc.record({ afterMs: fc.integer({ min: 0, max: 3_000 }), priority: fc.integer({ min: -1, max: 1 }) })),
  repeatUntilMs: fc.oneof({ weight: 14, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 90_000 }) }),
});

const incident: fc.Arbitrary<Incident> = fc.record({
  atMs: fc.integer({ min: 0, max: 15_000 }),
  forMs: fc.integer({ min: 1, max: 12_000 }),
  what: fc.constantFrom("outside takes", "disabled", "held", "journal fails", "monitor", "reloaded", "configured anew", "cap"),
  instance: fc.nat(4),
  memoryMb: fc.constantFrom(0, 3_000, 12_000),
  gpuMb: fc.constantFrom(0, 2_000, 7_000),
  monitor: fc.constantFrom<MonitorMode>("prompt", "late", "silent", "failing", "absent"),
});

/** A machine, what runs on it, what it is asked to do, and what befalls it. */
export const workloads: fc.Arbitrary<Workload> = fc
  .record({
    orderly: fc.boolean(),
    machine,
    instances: fc.array(instance, { minLength: 1, maxLength: 5 }),
    jobs: fc.array(job, { minLength: 1, maxLength: 14 }),
    incidents: fc.array(incident, { maxLength: 3 }),
  })
  .map(consistent);

/** Takes out what would contradict the rest: hangs that nobody ends, idle workers that nobody can end, disorder in an orderly world. */
function consistent({ orderly, machine: drawn, instances, jobs, incidents }: Workload): Workload {
  return {
    orderly,
    machine: orderly ? { ...drawn, monitor: "prompt" } : drawn,
    instances: fitting(drawn.makesRoom ? instances : instances.map((one) => ({ ...one, keptShare: 0 })), drawn),
    jobs: jobs.map((one) => {
      const timeoutMs = one.end === "hangs" ? (one.timeoutMs ?? 3_000) : one.timeoutMs;
      return orderly ? { ...one, timeoutMs, share: Math.min(1, one.share), growsAfterMs: 0 } : { ...one, timeoutMs };
    }),
    incidents: orderly ? incidents.filter(({ what }) => what !== "outside takes" && what !== "monitor") : incidents,
  };
}

/** Of the workers that are up already, those for which there is memory. */
function fitting(instances: readonly InstanceSpec[], { memoryMb, gpusMb }: MachineSpec): readonly InstanceSpec[] {
  const left = { memoryMb, gpusMb: [...gpusMb] };
  return instances.map((one) => {
    const device = one.device % Math.max(1, gpusMb.length);
    const [keptMb, keptGpuMb] = [one.memoryMb * one.keptShare, one.gpuMb * one.keptShare];
    const freeMb = left.gpusMb[device] ?? Number.POSITIVE_INFINITY;
    if (!one.warm || keptMb > left.memoryMb || keptGpuMb > freeMb) return { ...one, warm: false };
    left.memoryMb -= keptMb;
    left.gpusMb[device] = freeMb - keptGpuMb;
    return one;
  });
}

/** Longest that one job can take from its start to its end, whatever happens to it. */
export function longestRunMs({ instances, jobs, machine: { storeDelayMs } }: Workload): number {
  const startMs = Math.max(...instances.map((one) => one.startMs));
  const calls = jobs.map(({ runMs, attempts, timeoutMs, end }) => {
    const callMs = startMs + (end === "hangs" ? (timeoutMs ?? 0) : runMs) + CANCEL_GRACE_MS + RESTART_MS + startMs;
    return attempts * (callMs + LONGEST_PAUSE_MS);
  });
  return Math.max(...calls) + 4 * storeDelayMs;
}

export const CANCEL_GRACE_MS = 400;
export const RESTART_MS = 100;
export const LONGEST_PAUSE_MS = 2_000;
