import type { JsonObject } from "@cjm/core";
import type { InstanceServices } from "./instance-services.ts";
import type { InstanceSpec } from "./instance-spec.ts";

/** Writes a row about an instance, and about one worker of it where a session is given, into the journal. */
export function recordEvent(
  { ids, clock, journal }: Pick<InstanceServices, "ids" | "clock" | "journal">,
  { instanceId, manifest, configHash }: Pick<InstanceSpec, "instanceId" | "manifest" | "configHash">,
  event: { readonly type: string; readonly payload: JsonObject; readonly sessionId?: string | null },
): void {
  journal.emit({
    eventId: ids.eventId(),
    occurredAt: clock.now(),
    eventType: event.type,
    instanceId,
    capabilityName: manifest.code.name,
    configHash,
    workerSessionId: event.sessionId ?? null,
    payload: event.payload,
  });
}
