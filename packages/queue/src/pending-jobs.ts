import TinyQueue from "tinyqueue";
import type { Job } from "./job/job.ts";

interface Entry {
  readonly job: Job;
  readonly priority: number;
}

/**
 * Jobs that wait, in one heap for each instance: priority first, then order of submission. Jobs that no longer wait, or
 * that were given another priority, stay in their heap until they come up and are dropped then.
 */
export class PendingJobs {
  readonly #heaps = new Map<string, TinyQueue<Entry>>();

  push(job: Job): void {
    const { instanceId } = job.spec;
    let heap = this.#heaps.get(instanceId);
    if (heap === undefined) {
      heap = new TinyQueue<Entry>([], compareEntries);
      this.#heaps.set(instanceId, heap);
    }
    heap.push({ job, priority: job.priority });
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
    for (const [instanceId, heap] of this.#heaps) {
      for (let top = heap.peek(); top !== undefined && isStale(top); top = heap.peek()) heap.pop();
      const head = heap.peek();
      if (head === undefined) this.#heaps.delete(instanceId);
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
