import { isCjmError } from "@cjm/core";
import type { FollowedJob } from "./followed-jobs.ts";
import type { Stage } from "./stage.ts";
import { must } from "./violation.ts";
import type { JobPlan } from "./workload.ts";

/** One that ended, or was refused, at once must not come again without end. */
const AGAIN_AFTER_MS = 250;
/** Enough to starve whoever can be starved. */
const MOST_REPEATS = 40;

/** Submits the jobs of a workload when their time comes, and does to them what is planned. */
export function submitPlanned(stage: Stage): void {
  for (const [index, plan] of stage.workload.jobs.entries()) {
    stage.clock.schedule(plan.atMs, () => void submit(stage, { plan, index, repeats: 0 }));
  }
}

interface Submission {
  readonly plan: JobPlan;
  readonly index: number;
  /** How often it was submitted before. */
  readonly repeats: number;
}

async function submit(stage: Stage, submission: Submission): Promise<void> {
  const { queue, clock, workload, jobs } = stage;
  const { plan, index } = submission;
  const instanceId = `i${plan.instance % workload.instances.length}`;
  const submittedMs = clock.monotonicMs();
  const sequence = ++jobs.submitted;
  jobs.arriving += 1;
  try {
    const handle = await queue.submit({
      instanceId,
      kwargs: { plan: index },
      priority: plan.priority,
      timeoutMs: plan.timeoutMs,
      startTimeoutMs: plan.startTimeoutMs,
      retry: plan.attempts === 1 ? null : { maxAttempts: plan.attempts, initialDelayMs: 400, maxDelayMs: 2_000 },
    });
    const job: FollowedJob = { handle, plan, instanceId, sequence, submittedMs, view: handle.view(), startedMs: null, cancelledMs: null };
    jobs.add(job);
    interfere(stage, job);
    void handle.wait().then(() => again(stage, submission));
  } catch (error) {
    must(isCjmError(error, "CJM_JOURNAL_FAILED") || isCjmError(error, "CJM_CAPABILITY_DISABLED"), () => `refused: ${String(error)}`);
    again(stage, submission);
  } finally {
    jobs.arriving -= 1;
  }
}

function again(stage: Stage, { plan, index, repeats }: Submission): void {
  if (repeats >= MOST_REPEATS || stage.clock.monotonicMs() + AGAIN_AFTER_MS >= plan.repeatUntilMs) return;
  stage.clock.schedule(AGAIN_AFTER_MS, () => void submit(stage, { plan, index, repeats: repeats + 1 }));
}

function interfere({ queue, clock }: Stage, job: FollowedJob): void {
  const { cancelAfterMs, reorder } = job.plan;
  if (cancelAfterMs !== null) {
    clock.schedule(cancelAfterMs, () => {
      if (job.handle.cancel()) job.cancelledMs = clock.monotonicMs();
    });
  }
  if (reorder !== null) clock.schedule(reorder.afterMs, () => void queue.reorder(job.handle.jobId, reorder.priority));
}
