import type { JobError, JsonObject, JsonValue, TerminalJobStatus } from "@cjm/core";
import type { JobSpec } from "./job-request.ts";

/** A row that an extension wants committed together with the job it belongs to. */
export interface LedgerRow {
  readonly kind: string;
  readonly data: JsonObject;
}

/** The right to run a job. A result is taken only from whoever holds the lease. */
export interface JobLease {
  readonly jobId: string;
  readonly token: string;
  /** How often to renew it; null: it does not run out. */
  readonly renewEveryMs: number | null;
}

export interface JobWants {
  readonly jobIds: readonly string[];
  /** Who will run them. */
  readonly holder: string;
}

export interface JobSettlement {
  readonly jobId: string;
  /** Null: the job ends without having been started. */
  readonly lease: JobLease | null;
  readonly status: TerminalJobStatus;
  readonly result: JsonValue;
  readonly error: JobError | null;
}

/** Where accepted jobs are kept. The queue decides what runs next; the store decides who may run it and remembers. */
export interface JobStore {
  /** All of them with their rows, or none. A job whose id is known already stays as it is. */
  submit(jobs: readonly JobSpec[], rows: readonly LedgerRow[]): Promise<void>;
  /** Leases for those of the wanted jobs that are still waiting. */
  claim(wants: JobWants): Promise<readonly JobLease[]>;
  /** @returns false when the lease is lost; the result will not be taken */
  renew(lease: JobLease): Promise<boolean>;
  /** @returns false when the job is not the caller's to end */
  settle(settlement: JobSettlement, rows: readonly LedgerRow[]): Promise<boolean>;
  /** Calls `fn` when jobs may have become available that this process did not submit; the returned function ends that. */
  onWake(fn: () => void): () => void;
}
