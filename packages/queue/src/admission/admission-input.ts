import type { SystemStatus } from "@cjm/core";

/** What one run takes, as measured on earlier runs; null: never measured. MiB. */
export interface Demand {
  readonly memoryMb: number;
  readonly gpuMb: number;
}

/** The next job of one instance, with everything that decides whether it may start. */
export interface PendingHead {
  readonly jobId: string;
  readonly instanceId: string;
  readonly priority: number;
  readonly sequence: number;
  /** Jobs that may run on its instance at the same time. */
  readonly cap: number;
  readonly demand: Demand | null;
  /** What the instance's worker holds already; null: not known. */
  readonly resident: { readonly memoryMb: number | null; readonly gpuMb: number | null } | null;
  /** It uses a GPU, and its successful runs did not tell how much of it. */
  readonly gpuUnmeasured: boolean;
  /** Why its instance, or an extension, holds it, and until when if that is known (monotonic); null: nothing does. */
  readonly hold: { readonly reason: string; readonly untilMs: number | null } | null;
  /** Monotonic time since which resources hold it up; null: they do not. */
  readonly blockedSinceMs: number | null;
}

/** What a running job has taken, from the decision to its end. */
export interface Reservation extends Demand {
  readonly jobId: string;
  readonly instanceId: string;
  /** It runs alone: nothing may start beside it. */
  readonly exclusive: boolean;
  /** Monotonic. */
  readonly sinceMs: number;
  /** Device that its GPU memory is planned on; null: none, or nobody knows which. */
  readonly gpuDevice: number | null;
  /** What it was measured to level off at, in place of what earlier runs took; null: it has not yet. */
  readonly plateau: Demand | null;
  /** What its worker holds now; null: not known, so all of it may still be to come. */
  readonly resident: { readonly memoryMb: number | null; readonly gpuMb: number | null } | null;
}

export interface AdmissionLimits {
  readonly lanes: number;
  /** Share of the GPU's memory that jobs may plan with. */
  readonly gpuHeadroomFraction: number;
  /** Memory of this machine, MiB. */
  readonly machineMemoryMb: number;
  /** A job that resources hold up for longer gets a reservation: nothing starts that would delay it. */
  readonly starvingAfterMs: number;
}

export interface AdmissionInput {
  /** One for each instance that has waiting jobs, in any order. */
  readonly heads: readonly PendingHead[];
  readonly running: readonly Reservation[];
  readonly limits: AdmissionLimits;
  /** Null: nobody measures this machine. */
  readonly status: SystemStatus | null;
  /** Monotonic. */
  readonly nowMs: number;
}
