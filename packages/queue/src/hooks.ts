import { errorMessage, type JobSpec, type JsonValue, type LedgerRow } from "@cjm/core";
import type { JobView } from "./job/job-view.ts";

/**
 * An extension of the queue: an execution cache, a budget, an approval gate, a run manifest. Every hook is optional, and
 * what has none costs nothing. Several extensions are asked in the order they were given.
 */
export interface QueueHooks {
  /** For messages. */
  readonly name: string;
  /**
   * Before a job is accepted, also for each member of a composition. Throwing refuses it: `submit` throws that error, a member
   * fails with it. The rows returned are committed in one transaction with the job.
   */
  onSubmit?(job: JobSpec): readonly LedgerRow[] | void | Promise<readonly LedgerRow[] | void>;
  /**
   * When a job could start. Returning a reason holds it, and with it what waits behind it on the same instance, until
   * `queue.recheck()`. Called on every scan, so it must be quick. Throwing fails the job.
   */
  onAdmit?(job: JobView): { readonly reason: string } | null;
  /**
   * Around the execution of an accepted job: `next()` waits for its turn and runs it, with its retries. Returning without
   * `next()` spares it all of that, a lane included. Throwing fails the job as the call itself would.
   */
  aroundExecute?(job: JobView, next: () => Promise<JsonValue>): Promise<JsonValue>;
  /**
   * After the terminal row is on disk and before anyone who waits hears of it. Idempotent by job id: recovery may call it
   * again. What it throws is reported and changes nothing.
   */
  onTerminal?(job: JobView): void | Promise<void>;
}

/** All extensions of a queue as one. */
export class HookChain {
  readonly #hooks: readonly QueueHooks[];
  readonly #report: (error: unknown) => void;

  constructor(hooks: readonly QueueHooks[], report: (error: unknown) => void) {
    this.#hooks = hooks;
    this.#report = report;
  }

  get isEmpty(): boolean {
    return this.#hooks.length === 0;
  }

  /** Whether any of them is around the execution of jobs. */
  get wrapExecution(): boolean {
    return this.#hooks.some((hook) => hook.aroundExecute !== undefined);
  }

  async onSubmit(job: JobSpec): Promise<readonly LedgerRow[]> {
    const rows: LedgerRow[] = [];
    for (const hook of this.#hooks) rows.push(...((await hook.onSubmit?.(job)) ?? []));
    return rows;
  }

  /** The first reason to hold the job, or null. */
  holdReason(view: () => JobView): string | null {
    for (const hook of this.#hooks) {
      const hold = hook.onAdmit?.(view()) ?? null;
      if (hold !== null) return `held by ${hook.name}: ${hold.reason}`;
    }
    return null;
  }

  async aroundExecute(view: () => JobView, call: () => Promise<JsonValue>): Promise<JsonValue> {
    const run = this.#hooks.reduceRight<() => Promise<JsonValue>>((next, hook) => {
      if (hook.aroundExecute === undefined) return next;
      return async () => (await hook.aroundExecute?.(view(), next)) ?? null;
    }, call);
    return await run();
  }

  async onTerminal(view: JobView): Promise<void> {
    for (const hook of this.#hooks) {
      try {
        await hook.onTerminal?.(view);
      } catch (error) {
        this.#report(new Error(`onTerminal of ${hook.name} failed: ${errorMessage(error)}`, { cause: error }));
      }
    }
  }
}
