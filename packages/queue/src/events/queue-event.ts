import type { JsonObject, StoredJournalEvent } from "@cjm/core";

/**
 * Something that happened. Rows of the journal have a `seq`; `progress_changed` and `resource_snapshot` are live only and have none. Where a slow
 * reader lost events, one of type `gap` stands in their place: payload `{dropped, after_seq}`, and the journal has the rows.
 */
export interface QueueEvent {
  readonly eventType: string;
  readonly seq: number | null;
  /** Unix milliseconds. */
  readonly occurredAt: number;
  readonly jobId: string | null;
  readonly instanceId: string | null;
  readonly compositionId: string | null;
  readonly nodeId: string | null;
  readonly runId: string | null;
  readonly actor: string | null;
  readonly payload: JsonObject;
}

export function queueEventOf(row: StoredJournalEvent): QueueEvent {
  return {
    eventType: row.eventType,
    seq: row.seq,
    occurredAt: row.occurredAt,
    jobId: row.jobId ?? null,
    instanceId: row.instanceId ?? null,
    compositionId: row.compositionId ?? null,
    nodeId: row.nodeId ?? null,
    runId: row.runId ?? null,
    actor: row.actor ?? null,
    payload: row.payload,
  };
}

/** Which events a subscriber wants; what is left out does not matter. */
export interface EventFilter {
  /** The stream ends after this job did. */
  readonly jobId?: string;
  /** The stream ends after this composition did. */
  readonly compositionId?: string;
  readonly runId?: string;
  readonly instanceId?: string;
  readonly eventTypes?: readonly string[];
}

export function wants(filter: EventFilter, event: QueueEvent): boolean {
  return (
    (filter.jobId === undefined || filter.jobId === event.jobId) &&
    (filter.compositionId === undefined || filter.compositionId === event.compositionId) &&
    (filter.runId === undefined || filter.runId === event.runId) &&
    (filter.instanceId === undefined || filter.instanceId === event.instanceId) &&
    (filter.eventTypes === undefined || filter.eventTypes.includes(event.eventType))
  );
}

/** Whether nothing the filter wants can come after this event. */
export function endsStream(filter: EventFilter, event: QueueEvent): boolean {
  if (filter.jobId !== undefined) {
    return event.jobId === filter.jobId && event.eventType === "state_transition" && event.payload["job_snapshot"] !== undefined;
  }
  return filter.compositionId !== undefined && event.compositionId === filter.compositionId && event.eventType === "run_finished";
}
