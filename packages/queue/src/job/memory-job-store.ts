import type { JobSpec } from "./job-request.ts";
import type { JobLease, JobSettlement, JobStore, JobWants } from "./job-store.ts";

/** Jobs live as long as the process. Rows of extensions are not kept: there is nothing they could outlive. */
export class MemoryJobStore implements JobStore {
  /** Token of whoever runs the job; null: it waits. */
  readonly #holders = new Map<string, string | null>();
  #leases = 0;

  async submit(jobs: readonly JobSpec[]): Promise<void> {
    for (const { jobId } of jobs) if (!this.#holders.has(jobId)) this.#holders.set(jobId, null);
  }

  async claim({ jobIds, holder }: JobWants): Promise<readonly JobLease[]> {
    return jobIds.flatMap((jobId) => {
      if (this.#holders.get(jobId) !== null) return [];
      const token = `${holder}-${++this.#leases}`;
      this.#holders.set(jobId, token);
      return [{ jobId, token, renewEveryMs: null }];
    });
  }

  async renew(lease: JobLease): Promise<boolean> {
    return this.#holders.get(lease.jobId) === lease.token;
  }

  async settle({ jobId, lease }: JobSettlement): Promise<boolean> {
    const holder = this.#holders.get(jobId);
    if (holder === undefined || (holder !== null && holder !== lease?.token)) return false;
    this.#holders.delete(jobId);
    return true;
  }

  onWake(): () => void {
    return () => {};
  }
}
