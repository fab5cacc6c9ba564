export type { HoldingJob, WaitExplanation } from "./admission/explain-wait.ts";
export type {
  CallProgress,
  CapabilityRuntime,
  InstanceResidency,
  RuntimeCall,
  RuntimeCallOptions,
  RuntimeInstance,
  UsageReading,
} from "./capability-runtime.ts";
export type { CompositionHandle } from "./compositions/composition-handle.ts";
export type { CompositionOutcome, NodeSummary } from "./compositions/composition-outcome.ts";
export type { SubmitCompositionOptions } from "./compositions/composition-service.ts";
export type { ItemFailure } from "./compositions/item-failure.ts";
export type { ItemCounts } from "./compositions/node-run.ts";
export type { SkipReason } from "./compositions/skip-reason.ts";
export { storedOutcome } from "./compositions/stored-outcome.ts";
export type { EventStream } from "./events/event-stream.ts";
export type { HistoricJob } from "./events/journal-history.ts";
export type { EventFilter, QueueEvent } from "./events/queue-event.ts";
export type { QueueHooks } from "./hooks.ts";
export type { WaitOptions } from "./internal/wait-for.ts";
export type { CancelPhase, JobCancellation } from "./job/job.ts";
export type { JobHandle } from "./job/job-handle.ts";
export type { JobListFilter } from "./job/job-list-filter.ts";
export type { JobRequest, RunContext } from "./job/job-request.ts";
export type { JobView } from "./job/job-view.ts";
export { MemoryJobStore } from "./job/memory-job-store.ts";
export { JobQueue, type QueueStats, type RecoveredWork } from "./job-queue.ts";
export type { JobQueueOptions } from "./queue-options.ts";
