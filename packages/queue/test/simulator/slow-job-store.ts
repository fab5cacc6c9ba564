import type { Clock, JobLease, JobSettlement, JobStore } from "@cjm/core";
import { MemoryJobStore } from "../../src/index.ts";

/** A store on a disk: each step takes its time. */
export class SlowJobStore extends MemoryJobStore {
  readonly #clock: Clock;
  readonly #delayMs: number;

  constructor(clock: Clock, delayMs: number) {
    super();
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  override async submit(work: Parameters<JobStore["submit"]>[0]): Promise<void> {
    await this.#wait();
    await super.submit(work);
  }

  override async claim(jobIds: readonly string[]): Promise<readonly JobLease[]> {
    await this.#wait();
    return await super.claim(jobIds);
  }

  override async settle(settlement: JobSettlement): Promise<boolean> {
    await this.#wait();
    return await super.settle(settlement);
  }

  async #wait(): Promise<void> {
    if (this.#delayMs > 0) await new Promise<void>((resolve) => this.#clock.schedule(this.#delayMs, resolve));
  }
}
