import * as z from "zod";

/** What kind of failure it was, and so who can do something about it. */
export const ErrorCategorySchema = z.enum(["user_input", "transient", "resource", "fatal"]);
export type ErrorCategory = z.infer<typeof ErrorCategorySchema>;

export const ResourceShortfallSchema = z.object({
  /** `gpu_vram_mb`, `system_ram_mb` or `disk_mb`; open, since other languages may know more. */
  resource: z.string(),
  needed: z.number(),
  available: z.number(),
});
export type ResourceShortfall = z.infer<typeof ResourceShortfallSchema>;

/**
 * A failed call as it travels from worker to host and as it stands in job snapshots. All keys are written, in this order;
 * a reader supplies what an older writer left out. `occurred_at` is ISO 8601 with microseconds and `+00:00`.
 */
export const JobErrorSchema = z.object({
  category: ErrorCategorySchema.catch("fatal"),
  message: z.string().catch(""),
  retriable: z.boolean().catch(false),
  original_exc_repr: z.string().catch(""),
  traceback: z.string().nullable().catch(null),
  retry_after_seconds: z.number().nullable().catch(null),
  fields_invalid: z.array(z.string()).nullable().catch(null),
  resource_shortfall: ResourceShortfallSchema.nullable().catch(null),
  capability_name: z.string().nullable().catch(null),
  capability_instance_id: z.string().nullable().catch(null),
  occurred_at: z.string().nullable().catch(null),
});
export type JobError = z.infer<typeof JobErrorSchema>;

/** How a cancelled call announces itself on the wire: its `original_exc_repr` begins with this. */
export const CANCELLED_REPR_PREFIX = "CapabilityCancelledError";

export function isCancelledJobError(error: JobError): boolean {
  return error.original_exc_repr.startsWith(CANCELLED_REPR_PREFIX);
}
