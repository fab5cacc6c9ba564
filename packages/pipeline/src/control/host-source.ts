import { freemem, totalmem } from "node:os";
import type { CallTarget } from "@cjm/core";
import { type CapabilityManager, readProcessTree } from "@cjm/host";
import type { JobQueue, JobView } from "@cjm/queue";
import type {
  CancelReport,
  CompositionReport,
  Explanation,
  JobReport,
  JobsReport,
  MachineReport,
  StatusReport,
  WorkerReport,
} from "./control-messages.ts";

/** What a host can tell of itself, and be told. */
export interface HostSource {
  jobs(): JobsReport;
  /** Null: it does not wait. @throws CjmError CJM_JOB_NOT_FOUND */
  explain(jobId: string): Explanation | null;
  status(signal: AbortSignal): Promise<StatusReport>;
  /** @param options `wait`: answers when it is over */
  cancel(targetId: string, options: { readonly wait: boolean; readonly signal: AbortSignal }): Promise<CancelReport>;
  /** Calls `listener` whenever something happened to a job, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

/** Jobs of one answer; more help nobody who looks at them. */
const MOST_JOBS = 500;
/** Waiting jobs are explained one by one, the first ones in any case, until that is over; then their last block reason is told. */
const EXPLAINED_WITHIN_MS = 5;
const ALWAYS_EXPLAINED = 3;
const MOST_LONGEST_WAITING = 10;
const MONITOR_MS = 2000;
const BYTES_PER_MB = 1024 * 1024;

type HostManager = Pick<CapabilityManager, "instances" | "residency" | "systemStatus">;

interface SourceParts {
  readonly queue: JobQueue;
  readonly manager: HostManager;
}

/** Reads a queue and a manager when it is asked; keeps nothing. */
export class LiveHostSource implements HostSource {
  readonly #queue: JobQueue;
  readonly #manager: HostManager;

  constructor({ queue, manager }: SourceParts) {
    this.#queue = queue;
    this.#manager = manager;
  }

  jobs(): JobsReport {
    const { running, pending } = this.#active();
    const listed = [...running, ...pending].slice(0, MOST_JOBS);
    const isExplained = explanationBudget();
    return {
      jobs: listed.map((job) => this.#report(job, job.status === "pending" && isExplained())),
      unlisted: running.length + pending.length - listed.length,
      compositions: this.#compositionsOf([...running, ...pending]),
    };
  }

  explain(jobId: string): Explanation | null {
    const explanation = this.#queue.explain(jobId);
    if (explanation === null) return null;
    const { heldBy, evictable, ...rest } = explanation;
    return { ...rest, heldBy: [...heldBy], evictable: [...evictable] };
  }

  async status(signal: AbortSignal): Promise<StatusReport> {
    const machine = await this.#machine(signal);
    const { running, pending } = this.#active();
    const { lanes, ended, journalFailure } = this.#queue.stats();
    const waiting = new Map<string, number>();
    for (const { instanceId } of pending) waiting.set(instanceId, (waiting.get(instanceId) ?? 0) + 1);
    const isExplained = explanationBudget();
    return {
      at: Date.now(),
      machine,
      lanes,
      running: running.length,
      pending: pending.length,
      ended,
      workers: this.#manager.instances().map((instance) => this.#worker(instance, waiting.get(instance.instanceId) ?? 0)),
      compositions: this.#compositionsOf([...running, ...pending]),
      waiting: pending.slice(0, MOST_LONGEST_WAITING).map((job) => this.#report(job, isExplained())),
      journalFailure,
    };
  }

  async cancel(targetId: string, { wait, signal }: { readonly wait: boolean; readonly signal: AbortSignal }): Promise<CancelReport> {
    const queue = this.#queue;
    if (queue.getComposition(targetId) !== null) {
      const requested = queue.cancelComposition(targetId);
      if (wait) await queue.waitComposition(targetId, { signal });
      return { kind: "composition", requested, status: queue.getComposition(targetId)?.status ?? null };
    }
    if (queue.get(targetId) === null) return { kind: null, requested: false, status: null };
    const requested = queue.cancel(targetId);
    const status = wait ? (await queue.wait(targetId, { signal })).status : (queue.get(targetId)?.status ?? null);
    return { kind: "job", requested, status };
  }

  onChange(listener: () => void): () => void {
    const events = this.#queue.events();
    void (async () => {
      for await (const _event of events) listener();
    })();
    return () => events.close();
  }

  #active(): { readonly running: readonly JobView[]; readonly pending: readonly JobView[] } {
    return { running: this.#queue.list({ status: "running" }), pending: this.#queue.list({ status: "pending" }) };
  }

  #report(job: JobView, isExplained: boolean): JobReport {
    const { jobId, instanceId, status, priority, runId, actor, compositionId, nodeId, submittedAt, startedAt } = job;
    const { progress, statusMessage, retryCount, cancellation } = job;
    return {
      jobId,
      instanceId,
      status,
      priority,
      runId,
      actor,
      compositionId,
      nodeId,
      submittedAt,
      startedAt,
      progress,
      statusMessage,
      retryCount,
      call: callName(job.target),
      waitsFor: job.status === "pending" ? ((isExplained ? this.#reasonOf(jobId) : null) ?? job.blockReason) : null,
      cancelPhase: cancellation === null ? null : (cancellation.phase ?? "requested"),
    };
  }

  #reasonOf(jobId: string): string | null {
    try {
      return this.#queue.explain(jobId)?.reason ?? null;
    } catch {
      // Its instance is gone; it ended meanwhile.
      return null;
    }
  }

  /** A composition that runs has a job that waits or runs; between two nodes it is missed for a moment. */
  #compositionsOf(jobs: readonly JobView[]): CompositionReport[] {
    const ids = new Set<string>();
    for (const { compositionId } of jobs) if (compositionId !== null) ids.add(compositionId);
    return [...ids].flatMap((compositionId) => {
      const outcome = this.#queue.getComposition(compositionId);
      if (outcome === null) return [];
      const { name, runId, startedAt, nodes } = outcome;
      const own = nodes.filter(({ parent }) => parent === null);
      return [
        {
          compositionId,
          name,
          runId,
          startedAt,
          nodes: {
            total: own.length,
            ended: own.filter(({ state }) => state !== "pending" && state !== "running").length,
            failed: own.filter(({ state }) => state === "failed").length,
          },
          running: nodes.filter(({ state, composition }) => state === "running" && composition === null).map(({ id }) => id),
        },
      ];
    });
  }

  #worker(instance: ReturnType<HostManager["instances"]>[number], waitingJobs: number): WorkerReport {
    const { instanceId, capabilityName, pid, state, enabled, heldBack, runningCalls, maxConcurrentCalls } = instance;
    const residency = this.#manager.residency(instanceId);
    const treeMb = pid === null ? 0 : readProcessTree(pid).reduce((sum, { residentMb }) => sum + residentMb, 0);
    return {
      instanceId,
      capabilityName,
      pid,
      state,
      enabled,
      heldBack,
      runningCalls,
      maxConcurrentCalls,
      waitingJobs,
      memoryMb: treeMb > 0 ? treeMb : (residency?.memoryMb ?? null),
      gpuMb: residency?.gpuMb ?? null,
    };
  }

  async #machine(signal: AbortSignal): Promise<MachineReport> {
    const status = await this.#manager.systemStatus(AbortSignal.any([signal, AbortSignal.timeout(MONITOR_MS)]));
    return {
      memoryTotalMb: totalmem() / BYTES_PER_MB,
      memoryAvailableMb: status?.memoryAvailableMb ?? freemem() / BYTES_PER_MB,
      gpuType: status?.gpuType ?? null,
      gpuTotalMb: status?.gpuTotalMb ?? null,
      gpuFreeMb: status?.gpuFreeMb ?? null,
      gpuLoadPercent: status?.gpuLoadPercent ?? null,
    };
  }
}

/** `action`, or `task.method`; null where a capability has but one way to be called. */
export function callName(target: CallTarget): string | null {
  if (target.channel === "task") return `${target.task}.${target.method}`;
  const { action } = target.kwargs;
  return typeof action === "string" ? action : null;
}

/** Whether there is time for one explanation more: with a long backlog each of them takes milliseconds. */
function explanationBudget(): () => boolean {
  const until = performance.now() + EXPLAINED_WITHIN_MS;
  let count = 0;
  return () => ++count <= ALWAYS_EXPLAINED || performance.now() < until;
}
