import type { CapabilityThread } from "../thread/capability-thread.ts";
import type { LoadedCapability } from "../thread/thread-messages.ts";

/** What every group of routes is built on. */
export interface WorkerContext {
  readonly thread: CapabilityThread;
  readonly capability: LoadedCapability;
  readonly nowMs: () => number;
}
