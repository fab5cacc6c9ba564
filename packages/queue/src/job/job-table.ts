import { isTerminal } from "@cjm/core";
import type { Job } from "./job.ts";

/** Jobs by id: all that are not terminal, and the last of those that are. */
export class JobTable {
  readonly #jobs = new Map<string, Job>();
  readonly #ended: string[] = [];
  readonly #maxEnded: number;

  constructor(maxEnded: number) {
    this.#maxEnded = maxEnded;
  }

  add(job: Job): void {
    this.#jobs.set(job.jobId, job);
  }

  /** Takes back a job that was never accepted; one that was ended meanwhile stays where it is. */
  remove(job: Job): void {
    if (!isTerminal(job.status)) this.#jobs.delete(job.jobId);
  }

  get(jobId: string): Job | undefined {
    return this.#jobs.get(jobId);
  }

  /** Moves a terminal job to the history, which forgets its oldest when it is full. */
  retire(job: Job): void {
    // Taken back while its end was being written.
    if (this.#jobs.get(job.jobId) !== job) return;
    this.#ended.push(job.jobId);
    while (this.#ended.length > this.#maxEnded) {
      const oldest = this.#ended.shift();
      if (oldest !== undefined) this.#jobs.delete(oldest);
    }
  }

  get activeCount(): number {
    return this.#jobs.size - this.#ended.length;
  }

  /** In order of submission. */
  all(): Job[] {
    return [...this.#jobs.values()].sort((a, b) => a.sequence - b.sequence);
  }

  active(): Job[] {
    return this.all().filter((job) => !isTerminal(job.status));
  }
}
