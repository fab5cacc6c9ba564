import { CjmError, formatTimestamp } from "@cjm/core";
import type { Shortfall } from "./admission-rules.ts";

/** The error of a job that this machine can never run, with the numbers and the way out. */
export function unschedulable(subject: { readonly instanceId: string; readonly occurredAt: number }, shortfall: Shortfall): CjmError {
  const { needed, available, resource } = shortfall;
  const what = resource === "gpu_vram_mb" ? "GPU memory" : "memory";
  const message = `never admissible: ${subject.instanceId} takes ${Math.round(needed)} MB of ${what}, and jobs may take at most ${Math.round(available)} MB on this machine.`;
  const hint = "Configure it to take less (a smaller model, a smaller batch), or run it on a larger machine.";
  return new CjmError("CJM_UNSCHEDULABLE", message, {
    hint,
    details: { ...shortfall },
    jobError: {
      category: "resource",
      message: `${message} ${hint}`,
      retriable: false,
      original_exc_repr: "CJM_UNSCHEDULABLE",
      traceback: null,
      retry_after_seconds: null,
      fields_invalid: null,
      resource_shortfall: shortfall,
      capability_name: null,
      capability_instance_id: subject.instanceId,
      occurred_at: formatTimestamp(subject.occurredAt),
    },
  });
}
