import type { JournalQuery, JournalStore } from "@cjm/core";
import type { EventStream } from "./event-stream.ts";
import { type EventFilter, endsStream, type QueueEvent, queueEventOf, wants } from "./queue-event.ts";

/** Rows that are read at once, so that a long journal holds nobody up. */
const PAGE = 500;

/**
 * Every event after a row of the journal, without a gap and without one twice: first what the journal has, then what comes. A
 * reader too slow for the live events gets what was dropped from the journal. Live events without a row may be lost meanwhile.
 * @param live subscribes, once reading begins; closed when the reader leaves
 * @param isKnown whether the live stream ends with the job or the composition; else the journal must tell that they are over
 */
export async function* eventsAfter(
  afterSeq: number,
  filter: EventFilter,
  { history, live: subscribe, isKnown }: { readonly history: JournalStore; readonly live: () => EventStream; readonly isKnown: boolean },
): AsyncGenerator<QueueEvent, void, undefined> {
  let last = afterSeq;
  /** @returns whether nothing can come after that */
  function* fromJournal(): Generator<QueueEvent, boolean> {
    for (;;) {
      const rows = history.query({ ...queryOf(filter), afterSeq: last, limit: PAGE });
      for (const row of rows) {
        last = row.seq;
        const event = queueEventOf(row);
        if (wants(filter, event)) yield event;
        if (endsStream(filter, event)) return true;
      }
      if (rows.length < PAGE) return false;
    }
  }
  const live = subscribe();
  try {
    if (!isKnown && endedBefore(afterSeq, filter, history)) return;
    if (yield* fromJournal()) return;
    for await (const event of live) {
      if (event.eventType === "gap") {
        if (yield* fromJournal()) return;
        continue;
      }
      if (event.seq !== null && event.seq <= last) continue;
      last = event.seq ?? last;
      yield event;
    }
  } finally {
    live.close();
  }
}

/** Whether the journal has the end of the one job or composition that is asked for, up to a row. */
function endedBefore(seq: number, filter: EventFilter, history: JournalStore): boolean {
  if (seq <= 0 || (filter.jobId === undefined && filter.compositionId === undefined)) return false;
  const eventType = filter.jobId === undefined ? "run_finished" : "state_transition";
  return history.query({ ...queryOf(filter), eventType }).some((row) => row.seq <= seq && endsStream(filter, queueEventOf(row)));
}

function queryOf({ jobId, compositionId, runId, instanceId }: EventFilter): JournalQuery {
  return {
    ...(jobId === undefined ? {} : { jobId }),
    ...(compositionId === undefined ? {} : { compositionId }),
    ...(runId === undefined ? {} : { runId }),
    ...(instanceId === undefined ? {} : { instanceId }),
  };
}
