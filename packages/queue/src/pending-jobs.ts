import TinyQueue from "tinyqueue";
import type { Job } from "./job/job.ts";

interface Entry {
  readonly job: Job;
  readonly priority: number;
}

interface Line {
  readonly heap: TinyQueue<Entry>;
  /** At so many entries those that no longer wait are dropped. */
  readonly tidyAt: number;
}

/** Entries that are not worth tidying. */
const FEW = 64;

/**
 * Jobs that wait, in one heap for each instance: priority first, then order of submission. Jobs that no longer wait, or
 * that were given another priority, stay in their heap until they come up, or until they may be half of it, and are dropped then.
 */
export class PendingJobs {
  readonly #lines = new Map<string, Line>();

  push(job: Job): void {
    const { instanceId } = job.spec;
    let line = this.#lines.get(instanceId);
    if (line === undefined || line.heap.length >= line.tidyAt) {
      // Behind one that waits for long others come and are cancelled, for as long as it does.
      const waiting = line?.heap.data.filter((entry) => !isStale(entry)) ?? [];
      line = { heap: new TinyQueue<Entry>(waiting, compareEntries), tidyAt: Math.max(FEW, 2 * waiting.length) };
      this.#lines.set(instanceId, line);
    }
    line.heap.push({ job, priority: job.priority });
  }

  reorder(job: Job, priority: number): void {
    job.priority = priority;
    this.push(job);
  }

  /** Instances that jobs wait for. */
  instanceIds(): readonly string[] {
    return this.heads().map(({ spec }) => spec.instanceId);
  }

  /** The job that is next on each instance that has any. Costs one step for each instance. */
  heads(): Job[] {
    const heads: Job[] = [];
    for (const [instanceId, { heap }] of this.#lines) {
      for (let top = heap.peek(); top !== undefined && isStale(top); top = heap.peek()) heap.pop();
      const head = heap.peek();
      if (head === undefined) this.#lines.delete(instanceId);
      else heads.push(head.job);
    }
    return heads;
  }
}

function isStale({ job, priority }: Entry): boolean {
  return !job.isWaiting || job.priority !== priority;
}

function compareEntries(a: Entry, b: Entry): number {
  return compareJobs({ priority: a.priority, sequence: a.job.sequence }, { priority: b.priority, sequence: b.job.sequence });
}

/** Order in which jobs are looked at: higher priority first, then order of submission. */
export function compareJobs(
  a: { readonly priority: number; readonly sequence: number },
  b: { readonly priority: number; readonly sequence: number },
): number {
  return b.priority - a.priority || a.sequence - b.sequence;
}
