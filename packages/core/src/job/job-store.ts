import type { JobError } from "../errors/job-error.ts";
import type { JsonObject, JsonValue } from "../json.ts";
import type { JobSpec } from "./job-spec.ts";
import type { JobStatus, TerminalJobStatus } from "./job-status.ts";

/** A row that an extension wants committed together with the job it belongs to. */
export interface LedgerRow {
  readonly kind: string;
  readonly data: JsonObject;
}

/** The right to run a job. A result is taken only from whoever holds the lease. */
export interface JobLease {
  readonly jobId: string;
  readonly token: string;
  /** How often to renew it; null: the store sees to that itself, or it does not run out. */
  readonly renewEveryMs: number | null;
}

export interface JobSettlement {
  readonly jobId: string;
  /** Null: the job ends without having been started. */
  readonly lease: JobLease | null;
  readonly status: TerminalJobStatus;
  readonly result: JsonValue;
  readonly error: JobError | null;
}

/** A job as a store remembers it. */
export interface StoredJob {
  readonly spec: JobSpec;
  readonly status: JobStatus;
  /** As it was set last; the specification has the first one. */
  readonly priority: number;
  /** How often a host died while it ran. */
  readonly interruptions: number;
  /** Unix milliseconds of its latest start. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** Null unless it completed. */
  readonly result: JsonValue;
  readonly error: JobError | null;
}

export type StoredCompositionStatus = "running" | TerminalJobStatus;

/** A composition as a store remembers it; what came of its nodes stands with its jobs. */
export interface StoredComposition {
  readonly compositionId: string;
  /** The document as it was submitted. */
  readonly document: JsonObject;
  readonly inputs: JsonObject;
  /** Instances that its nodes need. */
  readonly instanceIds: readonly string[];
  readonly runId: string | null;
  readonly actor: string | null;
  readonly runDir: string | null;
  readonly status: StoredCompositionStatus;
  readonly cancelRequested: boolean;
  /** Unix milliseconds. */
  readonly submittedAt: number;
  readonly endedAt: number | null;
}

/** What was left behind by hosts that are gone, and is this host's now. */
export interface AdoptedWork {
  /** Not members of compositions; in order of submission. Those that ran have one more interruption than before. */
  readonly jobs: readonly { readonly job: StoredJob; readonly wasRunning: boolean }[];
  readonly compositions: readonly StoredComposition[];
}

export interface JobQuery {
  readonly status?: JobStatus;
  readonly instanceId?: string;
  readonly compositionId?: string;
  readonly runId?: string;
  /** Newest first. @default 100 */
  readonly limit?: number;
}

/**
 * Where accepted jobs are kept. The queue decides what runs next; the store decides who may run it, and remembers. Every
 * job belongs to the host that submitted it, until that host is gone and another adopts it.
 */
export interface JobStore {
  /** Whether jobs outlive the process. */
  readonly durable: boolean;
  /** All of it with its rows, or none. What is known by its id already stays as it is. @throws CjmError CJM_STORE_FAILED */
  submit(work: {
    readonly jobs: readonly JobSpec[];
    readonly rows?: readonly LedgerRow[];
    readonly compositions?: readonly StoredComposition[];
  }): Promise<void>;
  /** Leases for those of the jobs that wait and belong to this host. @throws CjmError CJM_STORE_FAILED */
  claim(jobIds: readonly string[]): Promise<readonly JobLease[]>;
  /** @returns false when the lease is lost; the result will not be taken */
  renew(lease: JobLease): Promise<boolean>;
  /** @returns false when the job is not the caller's to end. @throws CjmError CJM_STORE_FAILED */
  settle(settlement: JobSettlement, rows: readonly LedgerRow[]): Promise<boolean>;
  setPriority(jobId: string, priority: number): Promise<void>;
  /** Notes that somebody cancelled a composition, or how it ended. */
  updateComposition(
    compositionId: string,
    change: { readonly status?: StoredCompositionStatus; readonly cancelRequested?: boolean },
  ): Promise<void>;
  /** Takes over what hosts that are gone left for these instances; of compositions those that need no others. */
  adopt(instanceIds: readonly string[]): Promise<AdoptedWork>;
  /** Everything that is known of the jobs of a composition, results included, in order of submission. */
  members(compositionId: string): Promise<readonly { readonly job: StoredJob; readonly wasRunning: boolean }[]>;
  /** With its result. Null: not known, or forgotten. */
  find(jobId: string): Promise<StoredJob | null>;
  /** Without results. */
  list(query: JobQuery): Promise<readonly StoredJob[]>;
  findComposition(compositionId: string): Promise<StoredComposition | null>;
  listCompositions(query: { readonly status?: StoredCompositionStatus; readonly limit?: number }): Promise<readonly StoredComposition[]>;
  /** Calls `fn` when work of a host that is gone may wait for another; the returned function ends that. */
  onWake(fn: () => void): () => void;
}
