import { type Clock, errorMessage } from "@cjm/core";
import type { CapabilityRuntime } from "../capability-runtime.ts";
import type { PendingHead } from "./admission-input.ts";
import type { Waiting } from "./admission-scan.ts";

interface EvictionParts {
  readonly runtime: Pick<CapabilityRuntime, "makeRoom">;
  readonly clock: Clock;
  /** Called after every attempt, and once more when what was freed has had time to show. */
  readonly onDone: () => Promise<void>;
  readonly report: (error: unknown) => void;
}

/** How long a job that made room once waits before it may again. */
const COOLDOWN_MS = 15_000;
/** How long freed memory may take to show. */
const SETTLE_MS = 2_000;

/** Asks the runtime to end idle workers for jobs that wait for memory which nobody has reserved: one request at a time. */
export class IdleEviction {
  readonly #parts: EvictionParts;
  readonly #asked = new Map<string, { readonly atMs: number; readonly insisting: boolean }>();
  #underWay = false;
  #stopped = false;
  #cancelSettling: () => void = () => {};

  constructor(parts: EvictionParts) {
    this.#parts = parts;
  }

  /**
   * Acts for the first of the waiting jobs that idle workers may keep out, and that has not asked lately. One that starves insists:
   * then also workers go that jobs behind it want, who would otherwise keep each other's memory for ever.
   * @param waiting jobs that were looked at and do not start, in their order
   * @param heads every job that could be next. @default those that wait
   */
  consider(
    waiting: readonly Waiting[],
    keep: () => readonly string[],
    heads: readonly PendingHead[] = waiting.map(({ head }) => head),
  ): void {
    const { runtime, clock } = this.#parts;
    // Nothing was looked at: no lane is free, or one job has the machine to itself.
    if (waiting.length === 0) return;
    this.#forget(heads);
    if (this.#underWay || runtime.makeRoom === undefined) return;
    const nowMs = clock.monotonicMs();
    const next = waiting.find(({ head, blocked, starving }) => {
      if (blocked?.by !== "machine" || blocked.missing === null) return false;
      const last = this.#asked.get(head.jobId);
      return last === undefined || nowMs - last.atMs >= COOLDOWN_MS || (starving && !last.insisting);
    });
    const missing = next?.blocked?.missing;
    if (next === undefined || missing == null) return;
    const { head, starving: insisting } = next;
    const behind = new Set(insisting ? waiting.slice(waiting.indexOf(next) + 1).map((other) => other.head.instanceId) : []);
    this.#asked.set(head.jobId, { atMs: nowMs, insisting });
    void this.#makeRoom({
      resource: missing.resource,
      shortfallMb: missing.shortfallMb,
      keep: keep().filter((instanceId) => !behind.has(instanceId)),
      reason: `job ${head.jobId} of ${head.instanceId} needs it`,
    });
  }

  /** Nobody waits for room any more. */
  stop(): void {
    this.#stopped = true;
    this.#cancelSettling();
  }

  async #makeRoom(request: Parameters<NonNullable<CapabilityRuntime["makeRoom"]>>[0]): Promise<void> {
    const { runtime, clock, onDone, report } = this.#parts;
    this.#underWay = true;
    let freedMb = 0;
    try {
      freedMb = (await runtime.makeRoom?.(request))?.freedMb ?? 0;
    } catch (error) {
      report(new Error(`No room could be made: ${errorMessage(error)}`, { cause: error }));
    } finally {
      this.#underWay = false;
    }
    if (!this.#stopped) await onDone();
    if (this.#stopped || freedMb === 0) return;
    this.#cancelSettling();
    this.#cancelSettling = clock.schedule(SETTLE_MS, () => void onDone());
  }

  /** Jobs that wait no more. */
  #forget(heads: readonly PendingHead[]): void {
    if (this.#asked.size === 0) return;
    const ids = new Set(heads.map(({ jobId }) => jobId));
    for (const jobId of this.#asked.keys()) if (!ids.has(jobId)) this.#asked.delete(jobId);
  }
}
