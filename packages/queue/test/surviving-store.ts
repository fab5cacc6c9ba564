import type { AdoptedWork, JobSettlement, JobStore, StoredComposition, StoredJob } from "@cjm/core";
import { MemoryJobStore } from "../src/index.ts";

/** A store that outlives its queue, as a database does: everything it was told, and all that has not ended for whoever adopts it. */
export class SurvivingStore extends MemoryJobStore {
  override readonly durable = true;
  readonly ended = new Map<string, StoredJob>();
  readonly compositions = new Map<string, StoredComposition>();
  /** Jobs in order of submission. */
  #order: string[] = [];

  override async submit(work: Parameters<JobStore["submit"]>[0]): Promise<void> {
    await super.submit({ ...work, jobs: work.jobs.filter(({ jobId }) => !this.ended.has(jobId)) });
    this.#order.push(...work.jobs.map(({ jobId }) => jobId));
    for (const composition of work.compositions ?? []) this.compositions.set(composition.compositionId, composition);
  }

  override async settle(settlement: JobSettlement): Promise<boolean> {
    const job = await super.find(settlement.jobId);
    const isTaken = await super.settle(settlement);
    const { status, result, error } = settlement;
    if (isTaken && job !== null) this.ended.set(settlement.jobId, { ...job, status, result, error });
    return isTaken;
  }

  override async updateComposition(...[id, change]: Parameters<JobStore["updateComposition"]>): Promise<void> {
    const composition = this.compositions.get(id);
    if (composition !== undefined) this.compositions.set(id, { ...composition, ...change });
  }

  override async find(jobId: string): Promise<StoredJob | null> {
    return this.ended.get(jobId) ?? (await super.find(jobId));
  }

  /** The store as the next host finds it after this one died. */
  async afterDeath(): Promise<SurvivingStore> {
    const next = new SurvivingStore();
    const before = new Map(this.left.map(({ job }) => [job.spec.jobId as string, job.interruptions]));
    for (const jobId of this.#order) {
      const ended = this.ended.get(jobId);
      const job = ended ?? (await super.find(jobId));
      if (job === null) continue;
      if (ended === undefined) await next.submit({ jobs: [job.spec] });
      next.left.push({
        job: ended ?? { ...job, interruptions: (before.get(jobId) ?? 0) + (job.status === "running" ? 1 : 0) },
        wasRunning: job.status === "running",
      });
    }
    for (const [id, composition] of this.compositions) next.compositions.set(id, composition);
    return next;
  }

  /** What the host before left, ended jobs included. */
  readonly left: { readonly job: StoredJob; readonly wasRunning: boolean }[] = [];

  override async adopt(): Promise<AdoptedWork> {
    return {
      jobs: this.left.filter(({ job }) => job.spec.compositionId === null && !["completed", "failed", "cancelled"].includes(job.status)),
      compositions: [...this.compositions.values()].filter(({ status }) => status === "running"),
    };
  }

  override async members(compositionId: string) {
    return this.left.filter(({ job }) => job.spec.compositionId === compositionId);
  }
}
