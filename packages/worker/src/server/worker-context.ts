import type { CapabilityThread } from "../thread/capability-thread.ts";

/** What every group of routes is built on. The capability may still be loading while routes are added, not while they answer. */
export interface WorkerContext {
  readonly thread: CapabilityThread;
  /** Unix milliseconds. */
  readonly nowMs: () => number;
}
