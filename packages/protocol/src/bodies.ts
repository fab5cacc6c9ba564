import { CallEnvelopeSchema } from "@cjm/core";
import * as z from "zod";

const JsonSchema = z.unknown();
const JsonObjectSchema = z.record(z.string(), JsonSchema);

/** `POST /execute` and `POST /execute_stream`. Missing `args` and `kwargs` are empty; null ones are the caller's error. */
export const ExecuteRequestSchema = z.looseObject({
  args: z.array(JsonSchema).default([]),
  kwargs: JsonObjectSchema.default({}),
  envelope: CallEnvelopeSchema.nullish(),
});
export type ExecuteRequest = z.infer<typeof ExecuteRequestSchema>;

/** `POST /task`: a method of the adapter bound to `task`, with named arguments only. */
export const TaskRequestSchema = z.looseObject({
  task: z.string().default(""),
  method: z.string().default(""),
  kwargs: JsonObjectSchema.default({}),
  envelope: CallEnvelopeSchema.nullish(),
});
export type TaskRequest = z.infer<typeof TaskRequestSchema>;

/** `POST /cancel`. Without `job_id` every running call is cancelled, as in the original. */
export const CancelRequestSchema = z.looseObject({ job_id: z.string().nullish() });

export const ReconfigureRequestSchema = z.looseObject({
  old_config: JsonObjectSchema.nullish(),
  new_config: JsonObjectSchema.nullish(),
});

export const HealthSchema = z.looseObject({ status: z.string(), pid: z.number(), name: z.string(), version: z.string() });
export type Health = z.infer<typeof HealthSchema>;

/** `memory_rss_mb` is MiB over the whole subtree; `cpu_percent` is since the previous call and may exceed 100. */
export const StatsSchema = z.looseObject({
  pid: z.number(),
  cpu_percent: z.number(),
  memory_rss_mb: z.number(),
  subtree_pids: z.array(z.number().nullable()).default([]),
  usage: z.record(z.string(), z.number()).nullish(),
});
export type Stats = z.infer<typeof StatsSchema>;

/** `progress` is 0 to 1, or -1 for work of unknown length. */
export const ProgressSchema = z.looseObject({ progress: z.number().catch(0), message: z.string().catch("") });
export type Progress = z.infer<typeof ProgressSchema>;

export const StatusReplySchema = z.looseObject({ status: z.string(), detail: z.string().nullish() });
export const DetailReplySchema = z.looseObject({ detail: z.unknown() });

export const ConfigOptionsSchema = z.record(
  z.string(),
  z.looseObject({
    options: z.array(z.looseObject({ value: JsonSchema, label: z.string().nullish(), metadata: JsonObjectSchema.nullish() })).default([]),
    constraints: JsonObjectSchema.default({}),
  }),
);

const optionalNumber = z.number().nullish();

/** One device. Null and missing: not measured. `unified_memory`: it has none of its own and uses the machine's. */
const GpuStatusSchema = z.looseObject({
  index: z.number(),
  name: z.string().nullish(),
  uuid: z.string().nullish(),
  total_mb: optionalNumber,
  free_mb: optionalNumber,
  load_percent: optionalNumber,
  unified_memory: z.boolean().nullish(),
});

/** `POST /get_system_status`. MB are MiB; GPU fields sum over all devices, which `gpus` lists; the original's monitors have no `gpus`. */
export const SystemStatusSchema = z.looseObject({
  memory_available_mb: optionalNumber,
  memory_total_mb: optionalNumber,
  memory_used_mb: optionalNumber,
  cpu_percent: optionalNumber,
  gpu_type: z.string().nullish(),
  gpu_total_memory_mb: optionalNumber,
  gpu_free_memory_mb: optionalNumber,
  gpu_used_memory_mb: optionalNumber,
  gpu_load_percent: optionalNumber,
  gpus: z.array(GpuStatusSchema).nullish(),
});

/** `POST /list_processes`: a process stands once per device it uses. `gpu_memory_mb` null: the driver does not tell. */
export const ProcessListSchema = z.array(
  z.looseObject({ pid: z.number(), gpu_memory_mb: optionalNumber, gpu_index: optionalNumber, command: z.string().nullish() }),
);
