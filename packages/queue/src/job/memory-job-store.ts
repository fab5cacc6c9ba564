import {
  type AdoptedWork,
  isTerminal,
  type JobLease,
  type JobQuery,
  type JobSettlement,
  type JobSpec,
  type JobStore,
  type StoredComposition,
  type StoredCompositionStatus,
  type StoredJob,
} from "@cjm/core";

interface Entry {
  job: StoredJob;
  /** Of whoever runs it; null: nobody does. */
  token: string | null;
}

/**
 * Jobs live as long as the process, so there is never anything to adopt. What ended is forgotten: the queue remembers the last
 * of them itself. Rows of extensions are not kept: there is nothing they could outlive.
 */
export class MemoryJobStore implements JobStore {
  readonly durable: boolean = false;
  readonly #jobs = new Map<string, Entry>();
  readonly #compositions = new Map<string, StoredComposition>();
  #leases = 0;

  async submit({ jobs, compositions = [] }: Parameters<JobStore["submit"]>[0]): Promise<void> {
    for (const spec of jobs) if (!this.#jobs.has(spec.jobId)) this.#jobs.set(spec.jobId, { job: storedJob(spec), token: null });
    for (const composition of compositions) {
      if (!this.#compositions.has(composition.compositionId)) this.#compositions.set(composition.compositionId, composition);
    }
  }

  async claim(jobIds: readonly string[]): Promise<readonly JobLease[]> {
    return jobIds.flatMap((jobId) => {
      const entry = this.#jobs.get(jobId);
      if (entry === undefined || entry.token !== null) return [];
      entry.token = String(++this.#leases);
      entry.job = { ...entry.job, status: "running", startedAt: Date.now() };
      return [{ jobId, token: entry.token, renewEveryMs: null }];
    });
  }

  async renew({ jobId, token }: JobLease): Promise<boolean> {
    return this.#jobs.get(jobId)?.token === token;
  }

  async settle({ jobId, lease }: JobSettlement): Promise<boolean> {
    const entry = this.#jobs.get(jobId);
    if (entry === undefined || (entry.token !== null && entry.token !== lease?.token)) return false;
    this.#jobs.delete(jobId);
    return true;
  }

  async setPriority(jobId: string, priority: number): Promise<void> {
    const entry = this.#jobs.get(jobId);
    if (entry !== undefined) entry.job = { ...entry.job, priority };
  }

  async updateComposition(compositionId: string, change: Parameters<JobStore["updateComposition"]>[1]): Promise<void> {
    const composition = this.#compositions.get(compositionId);
    if (composition === undefined) return;
    if (change.status !== undefined && change.status !== "running") this.#compositions.delete(compositionId);
    else this.#compositions.set(compositionId, { ...composition, ...change });
  }

  async adopt(): Promise<AdoptedWork> {
    return { jobs: [], compositions: [] };
  }

  async members(compositionId: string): Promise<readonly { readonly job: StoredJob; readonly wasRunning: boolean }[]> {
    return this.#all(({ spec }) => spec.compositionId === compositionId).map((job) => ({ job, wasRunning: false }));
  }

  async find(jobId: string): Promise<StoredJob | null> {
    return this.#jobs.get(jobId)?.job ?? null;
  }

  async list({ limit = 100, ...filter }: JobQuery): Promise<readonly StoredJob[]> {
    const wanted = this.#all(
      ({ status, spec }) =>
        (filter.status ?? status) === status &&
        (filter.instanceId ?? spec.instanceId) === spec.instanceId &&
        (filter.compositionId ?? spec.compositionId) === spec.compositionId &&
        (filter.runId ?? spec.runId) === spec.runId,
    );
    return wanted.reverse().slice(0, limit);
  }

  async findComposition(compositionId: string): Promise<StoredComposition | null> {
    return this.#compositions.get(compositionId) ?? null;
  }

  async listCompositions(query: {
    readonly status?: StoredCompositionStatus;
    readonly limit?: number;
  }): Promise<readonly StoredComposition[]> {
    return [...this.#compositions.values()]
      .filter(({ status }) => (query.status ?? status) === status)
      .reverse()
      .slice(0, query.limit ?? 100);
  }

  onWake(): () => void {
    return () => {};
  }

  #all(wanted: (job: StoredJob) => boolean): StoredJob[] {
    return [...this.#jobs.values()].map(({ job }) => job).filter((job) => !isTerminal(job.status) && wanted(job));
  }
}

function storedJob(spec: JobSpec): StoredJob {
  return { spec, status: "pending", priority: spec.priority, interruptions: 0, startedAt: null, endedAt: null, result: null, error: null };
}
