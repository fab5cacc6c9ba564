import type { CallEnvelope, CallTarget, JsonValue, ResourceProfile, SystemStatus } from "@cjm/core";

/** What the queue must know of an instance before it starts a job on it. */
export interface RuntimeInstance {
  readonly instanceId: string;
  readonly capabilityName: string;
  readonly enabled: boolean;
  /** Jobs that may run on it at the same time. */
  readonly maxConcurrentCalls: number;
  /** Hash of the configuration in force; part of what a profile is measured for. */
  readonly configHash: string;
  /** It says that it uses a GPU, measured or not. @default false */
  readonly requiresGpu?: boolean;
  /** Why it cannot start now, such as a worker that keeps dying; its jobs wait. @default null */
  readonly heldBack?: {
    readonly reason: string;
    /** Monotonic milliseconds when it may start; null: not before somebody reloads it. */
    readonly untilMs: number | null;
  } | null;
}

export interface RuntimeCall {
  readonly instanceId: string;
  readonly target: CallTarget;
  readonly envelope: CallEnvelope;
}

export interface CallProgress {
  /** 0 to 1, or -1 for work of unknown length. */
  readonly fraction: number;
  readonly message: string;
}

/** What the worker of a running call uses now. */
export interface UsageReading {
  readonly workerPid: number;
  /** MiB, with everything that the worker started. */
  readonly memoryMb: number;
  /** MiB; null: not measured. */
  readonly gpuMb: number | null;
  /** Since the call began, in percent of one processor. */
  readonly cpuPercent: number;
}

export interface RuntimeCallOptions {
  /** Gives the call up locally: the promise rejects with the signal's reason, whatever the worker still does. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: CallProgress) => void;
  /** Told about once a second while the call runs. */
  readonly onUsage?: (reading: UsageReading) => void;
  /** The runtime itself tries the call again after `error`, such as after making room for a worker that ran out of memory. */
  readonly onRetry?: (error: unknown) => void;
  /** Instances that waiting jobs want; to make room, the runtime ends others first. */
  readonly keep?: () => Iterable<string>;
}

/** What the worker of an instance holds right now, MiB; null: not measured. */
export interface InstanceResidency {
  readonly memoryMb: number | null;
  readonly gpuMb: number | null;
}

export interface MakeRoomRequest {
  readonly resource: "gpu" | "memory";
  /** MiB. */
  readonly shortfallMb: number;
  /** Instances that stay as they are. */
  readonly keep: Iterable<string>;
  /** Why, for the journal. */
  readonly reason: string;
}

/** An idle worker that could be ended to make room. */
export interface EvictableWorker {
  readonly instanceId: string;
  /** What that would free, MiB. */
  readonly holdsMb: number;
  /** What starting it again took last time; null: not measured. */
  readonly reloadMs: number | null;
}

/**
 * The engine that runs what the queue admits. The host satisfies it with worker processes; tests with a fake; another
 * engine could with machines of its own. The queue knows nothing else of capabilities.
 */
export interface CapabilityRuntime {
  /** Null when no such instance is loaded. Cheap: the dispatcher asks on every scan. */
  describe(instanceId: string): RuntimeInstance | null;
  /** Why `describe` is null, as an error that names the way out. */
  notLoaded(instanceId: string): Error;
  execute(call: RuntimeCall, options: RuntimeCallOptions): Promise<JsonValue>;
  stream(call: RuntimeCall, options: RuntimeCallOptions): AsyncIterable<JsonValue>;
  /** Asks the capability to stop that job's call; resolves when it was told, whether or not it obeys. */
  requestCancel(instanceId: string, jobId: string): Promise<void>;
  /** Ends the worker of an instance and starts a new one with the same configuration. */
  restart(instanceId: string, reason: string): Promise<void>;
  /** Measured resource use of the instance with its current configuration; null when it never ran. */
  profile(instanceId: string): ResourceProfile | null;
  /**
   * What the instance's worker holds now, credited to its own next job. Cheap, from the last measurement. Without it a job
   * is admitted as if its worker held nothing yet.
   */
  residency?(instanceId: string): InstanceResidency | null;
  /**
   * Ends idle workers until enough is free, or nothing is left to end; resolves with how much that was, MiB. Without it, jobs
   * wait for memory that idle workers hold.
   */
  makeRoom?(request: MakeRoomRequest): Promise<{ readonly freedMb: number }>;
  /** Idle workers that `makeRoom` could end, the largest first. Cheap, from the last measurement. */
  evictable?(resource: "gpu" | "memory"): readonly EvictableWorker[];
  /** Calls `listener` when an instance became available or changed; the returned function ends that. */
  onChange?(listener: () => void): () => void;
  /** Null when there is no system monitor or it does not answer. */
  systemStatus(signal: AbortSignal): Promise<SystemStatus | null>;
}
