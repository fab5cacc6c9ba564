import * as z from "zod";
import type { JsonObject, JsonValue } from "../json.ts";

/** Who a call belongs to. Travels beside the arguments, never among them. */
export const CallEnvelopeSchema = z.object({
  job_id: z.string().nullish(),
  run_id: z.string().nullish(),
  composition_id: z.string().nullish(),
  node_id: z.string().nullish(),
  actor: z.string().nullish(),
  /** Free-form flags for this call, such as `force` to go past caches. */
  control: z.record(z.string(), z.unknown()).nullish(),
});
export type CallEnvelope = z.infer<typeof CallEnvelopeSchema>;

/** What is called: the execute channel (an action by name among `kwargs`), or a method of a task adapter. */
export type CallTarget =
  | { readonly channel: "execute"; readonly args: readonly JsonValue[]; readonly kwargs: JsonObject }
  | { readonly channel: "task"; readonly task: string; readonly method: string; readonly kwargs: JsonObject };
