import type { JobHandle, JobView } from "../../src/index.ts";
import type { JobPlan } from "./workload.ts";

/** A job that the queue accepted, and what the simulation did to it. */
export interface FollowedJob {
  readonly handle: JobHandle;
  readonly plan: JobPlan;
  readonly instanceId: string;
  /** Order of submission. */
  readonly sequence: number;
  readonly submittedMs: number;
  /** As it was at the last look. */
  view: JobView;
  startedMs: number | null;
  cancelledMs: number | null;
}

/** Jobs of a simulation: those that go on, and how many there were. */
export class FollowedJobs {
  readonly all: FollowedJob[] = [];
  readonly open = new Map<string, FollowedJob>();
  submitted = 0;
  /** Submitted and not accepted yet. */
  arriving = 0;

  add(job: FollowedJob): void {
    this.all.push(job);
    this.open.set(job.handle.jobId, job);
  }

  /** Looks at those that go on. @returns those that have ended since the last look */
  look(nowMs: number): readonly FollowedJob[] {
    const ended: FollowedJob[] = [];
    for (const job of this.open.values()) {
      job.view = job.handle.view();
      if (job.view.status !== "pending" && job.view.startedAt !== null) job.startedMs ??= nowMs;
      if (job.view.status === "pending" || job.view.status === "running") continue;
      this.open.delete(job.handle.jobId);
      ended.push(job);
    }
    return ended;
  }

  running(): readonly FollowedJob[] {
    return [...this.open.values()].filter(({ view }) => view.status === "running");
  }

  /** Those that wait and may be chosen, the next of each instance first. */
  heads(chosen: ReadonlyMap<string, unknown>): readonly FollowedJob[] {
    const heads = new Map<string, FollowedJob>();
    for (const job of this.open.values()) {
      if (job.view.status !== "pending" || chosen.has(job.handle.jobId) || job.cancelledMs !== null) continue;
      const other = heads.get(job.instanceId);
      if (other === undefined || goesBefore(job, other)) heads.set(job.instanceId, job);
    }
    return [...heads.values()].sort((a, b) => (goesBefore(a, b) ? -1 : 1));
  }
}

export function goesBefore(one: FollowedJob, other: FollowedJob): boolean {
  return one.view.priority === other.view.priority ? one.sequence < other.sequence : one.view.priority > other.view.priority;
}
