import { totalmem } from "node:os";
import {
  CjmError,
  type Clock,
  createIdSource,
  type IdSource,
  type JobStore,
  type JournalStore,
  type JournalWriter,
  systemClock,
} from "@cjm/core";
import type { AdmissionLimits } from "./admission/admission-input.ts";
import type { CapabilityRuntime } from "./capability-runtime.ts";
import type { QueueHooks } from "./hooks.ts";
import { MemoryJobStore } from "./job/memory-job-store.ts";

export interface JobQueueOptions {
  readonly runtime: CapabilityRuntime;
  readonly journal: JournalWriter;
  /** Where accepted jobs are kept. @default in memory: they end with the process */
  readonly store?: JobStore;
  /** Where rows are read again: for events since a row, and for jobs of earlier processes. @default none */
  readonly history?: JournalStore | null;
  /** Extensions, asked in this order. @default none */
  readonly hooks?: readonly QueueHooks[];
  /** Jobs that run at the same time, over all instances. @default 4 */
  readonly lanes?: number;
  /** How long a call may take to stop after it was asked to; then its worker is restarted. @default 3000 */
  readonly cancelGraceMs?: number;
  /** Share of the GPU's memory that jobs may plan with. @default 0.9 */
  readonly gpuHeadroomFraction?: number;
  /** Memory that jobs may plan with, MiB. @default that of this machine, or of the container it is */
  readonly machineMemoryMb?: number;
  /** A job held up by resources for longer is not passed any more by jobs that would delay it. @default 2000 */
  readonly starvingAfterMs?: number;
  /** A job that ran so often when its host died is not run again: it may be what kills them. @default 10 */
  readonly maxInterruptions?: number;
  /**
   * What becomes of jobs whose instance was stopped for good, until somebody reloads it: a host that stays up holds them, a
   * program that waits for them fails them. @default "hold"
   */
  readonly whenStopped?: "hold" | "fail";
  /** Ended jobs that are remembered with their results. @default 1000 */
  readonly maxHistory?: number;
  /** Ended compositions that are remembered with their results. @default 16 */
  readonly maxEndedCompositions?: number;
  /** Events that wait for a slow subscriber before new ones are dropped. @default 1000 */
  readonly eventBuffer?: number;
  /** Hears of defects that no caller can be told of: an extension, a runtime or a store that threw. @default a process warning */
  readonly onInternalError?: (error: unknown) => void;
  /** @default the system's */
  readonly clock?: Clock;
  /** @default random ids */
  readonly ids?: IdSource;
  /** 0 to 1, scatters the pauses between attempts. @default Math.random */
  readonly random?: () => number;
}

export interface ResolvedQueueOptions extends Required<Omit<JobQueueOptions, keyof AdmissionLimits>> {
  readonly limits: AdmissionLimits;
}

/** @throws CjmError CJM_CONFIG_INVALID naming the option */
export function resolveQueueOptions(options: JobQueueOptions): ResolvedQueueOptions {
  const clock = options.clock ?? systemClock;
  return {
    runtime: options.runtime,
    journal: options.journal,
    store: options.store ?? new MemoryJobStore(),
    history: options.history ?? null,
    hooks: options.hooks ?? [],
    limits: {
      lanes: wholeNumber("lanes", options.lanes ?? 4, 1),
      gpuHeadroomFraction: notNegative("gpuHeadroomFraction", options.gpuHeadroomFraction ?? 0.9),
      machineMemoryMb: notNegative("machineMemoryMb", options.machineMemoryMb ?? machineMemoryMb()),
      starvingAfterMs: notNegative("starvingAfterMs", options.starvingAfterMs ?? 2000),
    },
    cancelGraceMs: notNegative("cancelGraceMs", options.cancelGraceMs ?? 3000),
    maxInterruptions: wholeNumber("maxInterruptions", options.maxInterruptions ?? 10, 1),
    whenStopped: options.whenStopped ?? "hold",
    maxHistory: wholeNumber("maxHistory", options.maxHistory ?? 1000, 0),
    maxEndedCompositions: wholeNumber("maxEndedCompositions", options.maxEndedCompositions ?? 16, 0),
    eventBuffer: wholeNumber("eventBuffer", options.eventBuffer ?? 1000, 1),
    onInternalError: options.onInternalError ?? warn,
    clock,
    ids: options.ids ?? createIdSource(() => clock.now()),
    random: options.random ?? Math.random,
  };
}

function wholeNumber(name: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new CjmError("CJM_CONFIG_INVALID", `The queue option '${name}' is ${value}; it must be a whole number from ${least} on.`);
}

function notNegative(name: string, value: number): number {
  if (value >= 0) return value;
  throw new CjmError("CJM_CONFIG_INVALID", `The queue option '${name}' is ${value}; it must be a number from 0 on.`);
}

function machineMemoryMb(): number {
  const constrained = process.constrainedMemory();
  const total = totalmem();
  return (constrained > 0 && constrained < total ? constrained : total) / 1024 / 1024;
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : new Error(String(error)));
}
