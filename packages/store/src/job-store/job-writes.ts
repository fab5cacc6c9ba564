import type { JobLease, JobSettlement, JobSpec, LedgerRow, StoredComposition, StoredCompositionStatus } from "@cjm/core";
import type { DatabaseFile } from "../database-file.ts";
import { compositionValues } from "./composition-rows.ts";
import { jsonText } from "./job-rows.ts";
import { NOT_STARTED } from "./jobs-file.ts";

/** A write that is ready to be made inside a transaction, by the host of that id. */
type Write<T> = (hostId: number) => T;

const INSERT_JOB = `INSERT INTO jobs (job_id, host_id, status, lease, started_at, priority, instance_id, composition_id, run_id, spec)
  VALUES (?, ?, 'pending', ?, ${NOT_STARTED}, ?, ?, ?, ?, ?) ON CONFLICT (job_id) DO NOTHING`;
const INSERT_COMPOSITION = `INSERT INTO compositions (composition_id, host_id, status, cancel_requested, ended_at, instance_ids, composition)
  VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (composition_id) DO NOTHING`;
const INSERT_ROW = "INSERT INTO ledger (kind, written_at, data) VALUES (?, ?, ?)";
const CLAIM = `UPDATE jobs SET status = 'running', lease = ?, started_at = ?, was_running = 0
  WHERE job_id = ? AND host_id = ? AND status = 'pending'`;
const END = "UPDATE jobs SET status = ?, host_id = NULL, lease = NULL WHERE job_id = ? AND host_id = ?";
const END_RUNNING = `${END} AND status = 'running' AND lease = ? RETURNING seq`;
const END_WAITING = `${END} AND status = 'pending' RETURNING seq`;
const INSERT_ENDING = "INSERT INTO endings (seq, ended_at, error, result_file, result) VALUES (?, ?, ?, ?, ?)";
const SET_PRIORITY = "UPDATE jobs SET priority = ? WHERE job_id = ? AND host_id IS NOT NULL";
const REQUEST_CANCEL = "UPDATE compositions SET cancel_requested = ? WHERE composition_id = ? AND host_id IS NOT NULL";
const END_COMPOSITION = "UPDATE compositions SET status = ?, host_id = NULL, ended_at = ? WHERE composition_id = ? AND host_id = ?";

/** Unique for each attempt, as no host id is given twice. All tokens of a host are of one length, so that rows do not grow. */
function leaseToken(hostId: number, attempt: number): string {
  return `${hostId}.${String(attempt).padStart(10, "0")}`;
}

const NO_ROWS = (): void => {};

/** Every write of a job's life, each one or two prepared statements. What has to be made into text is made before the transaction. */
export class JobWrites {
  readonly #file: DatabaseFile;
  #leases = 0;

  constructor(file: DatabaseFile) {
    this.#file = file;
  }

  /** Rows are kept unless all that comes with them is known already: whoever submits twice pays once. */
  submit(
    work: {
      readonly jobs: readonly JobSpec[];
      readonly rows: readonly LedgerRow[];
      readonly compositions: readonly StoredComposition[];
    },
    nowMs: number,
  ): Write<void> {
    const jobs = work.jobs.map((spec) => ({ spec, text: jsonText(spec, "Job", spec.jobId) }));
    const compositions = work.compositions.map(compositionValues);
    const addRows = this.#addRows(work.rows, nowMs);
    return (hostId) => {
      let added = 0;
      const insertJob = this.#file.prepare(INSERT_JOB);
      const noLease = leaseToken(hostId, 0);
      for (const { spec, text } of jobs) {
        const { jobId, priority, instanceId, compositionId, runId } = spec;
        added += insertJob.run(jobId, hostId, noLease, priority, instanceId, compositionId, runId, text).changes;
      }
      for (const valuesFor of compositions) added += this.#file.prepare(INSERT_COMPOSITION).run(...valuesFor(hostId)).changes;
      if (added > 0 || jobs.length + compositions.length === 0) addRows();
    };
  }

  claim(jobIds: readonly string[], nowMs: number): Write<readonly JobLease[]> {
    return (hostId) => {
      const leases: JobLease[] = [];
      const claim = this.#file.prepare(CLAIM);
      for (const jobId of jobIds) {
        const token = leaseToken(hostId, ++this.#leases);
        if (claim.run(token, nowMs, jobId, hostId).changes === 1) leases.push({ jobId, token, renewEveryMs: null });
      }
      return leases;
    };
  }

  settle(
    { jobId, lease, status, error }: JobSettlement,
    result: { readonly text: string | null; readonly file: string | null },
    rows: readonly LedgerRow[],
    nowMs: number,
  ): Write<boolean> {
    const { text, file } = result;
    const errorText = error === null ? null : jsonText(error, "The error of job", jobId);
    const addRows = this.#addRows(rows, nowMs);
    return (hostId) => {
      const ended =
        lease === null
          ? this.#file.prepare<{ seq: number }>(END_WAITING).get(status, jobId, hostId)
          : this.#file.prepare<{ seq: number }>(END_RUNNING).get(status, jobId, hostId, lease.token);
      if (ended === undefined) return false;
      this.#file.prepare(INSERT_ENDING).run(ended.seq, nowMs, errorText, file, text);
      addRows();
      return true;
    };
  }

  setPriority(jobId: string, priority: number): Write<void> {
    return () => {
      this.#file.prepare(SET_PRIORITY).run(priority, jobId);
    };
  }

  /** Anyone may ask for an end; only whoever runs the composition can say how it ended. */
  updateComposition(
    compositionId: string,
    { status, cancelRequested }: { readonly status?: StoredCompositionStatus; readonly cancelRequested?: boolean },
    nowMs: number,
  ): Write<void> {
    return (hostId) => {
      if (cancelRequested !== undefined) this.#file.prepare(REQUEST_CANCEL).run(cancelRequested ? 1 : 0, compositionId);
      if (status !== undefined && status !== "running") this.#file.prepare(END_COMPOSITION).run(status, nowMs, compositionId, hostId);
    };
  }

  #addRows(rows: readonly LedgerRow[], nowMs: number): () => void {
    if (rows.length === 0) return NO_ROWS;
    const texts = rows.map(({ kind, data }) => ({ kind, text: jsonText(data, "A ledger row of kind", kind) }));
    return () => {
      for (const { kind, text } of texts) this.#file.prepare(INSERT_ROW).run(kind, nowMs, text);
    };
  }
}
