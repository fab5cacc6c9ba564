import * as z from "zod";

/** Goes up when a reader of the version before could not make sense of what is said. */
export const CONTROL_VERSION = 1;

const UnixMsSchema = z.number();
const JobStatusSchema = z.enum(["pending", "running", "completed", "failed", "cancelled"]);
const WholeSchema = z.int().nonnegative();

/** Who answers. The first line of every connection. */
export const HostInfoSchema = z.object({
  cjmControl: z.literal(CONTROL_VERSION),
  pid: z.int().positive(),
  runId: z.string(),
  actor: z.string(),
  startedAt: UnixMsSchema,
});
export type HostInfo = z.infer<typeof HostInfoSchema>;

/** What a client asks, one line of JSON each. `watch` is answered again and again until the client goes; the others once. */
export const ControlRequestSchema = z.discriminatedUnion("type", [
  z.strictObject({ id: WholeSchema, type: z.literal("jobs") }),
  z.strictObject({ id: WholeSchema, type: z.literal("explain"), jobId: z.string().min(1) }),
  z.strictObject({ id: WholeSchema, type: z.literal("status") }),
  /** Of a job or a composition. `wait`: the answer comes when it is over. */
  z.strictObject({ id: WholeSchema, type: z.literal("cancel"), targetId: z.string().min(1), wait: z.boolean() }),
  z.strictObject({ id: WholeSchema, type: z.literal("watch") }),
]);
export type ControlRequest = z.infer<typeof ControlRequestSchema>;
export type ControlQuestion = ControlRequest extends infer Request ? (Request extends ControlRequest ? Omit<Request, "id"> : never) : never;

/** A job as operators see it: neither arguments nor result, which may hold anything. Times are Unix milliseconds. */
export const JobReportSchema = z.object({
  jobId: z.string(),
  instanceId: z.string(),
  status: JobStatusSchema,
  /** `action`, or `task.method`; null: the capability's only way to be called. */
  call: z.string().nullable(),
  priority: z.number(),
  runId: z.string().nullable(),
  actor: z.string().nullable(),
  compositionId: z.string().nullable(),
  nodeId: z.string().nullable(),
  submittedAt: UnixMsSchema,
  startedAt: UnixMsSchema.nullable(),
  /** 0 to 1, or -1 for work of unknown length. */
  progress: z.number(),
  statusMessage: z.string(),
  /** Why it waits; null: it does not, or nobody looked yet. */
  waitsFor: z.string().nullable(),
  retryCount: z.number(),
  /** How far its cancellation is; null: nobody cancelled it. */
  cancelPhase: z.enum(["requested", "cooperative", "force", "reloading", "completed"]).nullable(),
});
export type JobReport = z.infer<typeof JobReportSchema>;

export const CompositionReportSchema = z.object({
  compositionId: z.string(),
  name: z.string(),
  runId: z.string().nullable(),
  startedAt: UnixMsSchema,
  nodes: z.object({ total: WholeSchema, ended: WholeSchema, failed: WholeSchema }),
  /** Nodes that run now. */
  running: z.array(z.string()),
});
export type CompositionReport = z.infer<typeof CompositionReportSchema>;

export const JobsReportSchema = z.object({
  /** Those that run, then those that wait, each in order of submission. */
  jobs: z.array(JobReportSchema),
  /** How many more there are than are listed. */
  unlisted: WholeSchema,
  compositions: z.array(CompositionReportSchema),
});
export type JobsReport = z.infer<typeof JobsReportSchema>;

/** Why a job waits; MB are MiB. The queue's `WaitExplanation`. */
export const ExplanationSchema = z.object({
  reason: z.string(),
  kind: z.string(),
  ahead: WholeSchema,
  missing: z
    .object({ resource: z.enum(["gpu", "memory"]), neededMb: z.number(), availableMb: z.number(), shortfallMb: z.number() })
    .nullable(),
  heldBy: z.array(z.object({ jobId: z.string(), instanceId: z.string(), holdsMb: z.number() })),
  evictable: z.array(z.object({ instanceId: z.string(), holdsMb: z.number(), reloadMs: z.number().nullable() })),
  fitsHere: z.boolean(),
});
export type Explanation = z.infer<typeof ExplanationSchema>;

export const WorkerReportSchema = z.object({
  instanceId: z.string(),
  capabilityName: z.string(),
  /** Null: it has no process now. */
  pid: z.int().nullable(),
  state: z.string(),
  enabled: z.boolean(),
  /** Why it does not start; null: nothing holds it back. */
  heldBack: z.string().nullable(),
  runningCalls: WholeSchema,
  maxConcurrentCalls: WholeSchema,
  waitingJobs: WholeSchema,
  /** Of its process tree, MiB; null: not measured. */
  memoryMb: z.number().nullable(),
  gpuMb: z.number().nullable(),
});
export type WorkerReport = z.infer<typeof WorkerReportSchema>;

/** MiB; null: not measured. */
export const MachineReportSchema = z.object({
  memoryTotalMb: z.number(),
  memoryAvailableMb: z.number(),
  gpuType: z.string().nullable(),
  gpuTotalMb: z.number().nullable(),
  gpuFreeMb: z.number().nullable(),
  gpuLoadPercent: z.number().nullable(),
});
export type MachineReport = z.infer<typeof MachineReportSchema>;

export const StatusReportSchema = z.object({
  at: UnixMsSchema,
  machine: MachineReportSchema,
  lanes: z.object({ total: WholeSchema, inUse: WholeSchema }),
  running: WholeSchema,
  pending: WholeSchema,
  ended: z.object({ completed: WholeSchema, failed: WholeSchema, cancelled: WholeSchema }),
  workers: z.array(WorkerReportSchema),
  compositions: z.array(CompositionReportSchema),
  /** Those that wait longest. */
  waiting: z.array(JobReportSchema),
  /** Why no work is accepted; null: it is. */
  journalFailure: z.string().nullable(),
});
export type StatusReport = z.infer<typeof StatusReportSchema>;

export const CancelReportSchema = z.object({
  /** Null: this host knows nothing of that id. */
  kind: z.enum(["job", "composition"]).nullable(),
  /** Whether this request cancelled it; false: it was over, or somebody did before. */
  requested: z.boolean(),
  /** As it stands when the answer is given. */
  status: z.string().nullable(),
});
export type CancelReport = z.infer<typeof CancelReportSchema>;

/** What each question is answered with. */
export const ANSWER_SCHEMAS = {
  jobs: JobsReportSchema,
  explain: ExplanationSchema.nullable(),
  status: StatusReportSchema,
  cancel: CancelReportSchema,
  watch: StatusReportSchema,
} as const satisfies Record<ControlRequest["type"], z.ZodType>;
export type ControlAnswer<Type extends ControlRequest["type"]> = z.infer<(typeof ANSWER_SCHEMAS)[Type]>;

const FailureSchema = z.object({ code: z.string(), message: z.string(), hint: z.string().nullable() });

/** One line of a host. `id` null: the request was none that has an id. */
export const ControlReplySchema = z.union([
  z.object({ id: WholeSchema.nullable(), error: FailureSchema }),
  z.object({ id: WholeSchema, value: z.unknown() }),
]);
export type ControlReply = z.infer<typeof ControlReplySchema>;
