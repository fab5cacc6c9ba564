import type { JournalQuery, JournalStore } from "@cjm/core";
import type { EventStream } from "./event-stream.ts";
import { type EventFilter, endsStream, type QueueEvent, queueEventOf, wants } from "./queue-event.ts";

/** Rows that are read at once, so that a long journal holds nobody up. */
const PAGE = 500;

/**
 * Every event after a row of the journal, without a gap and without one twice: first what the journal has, then what comes. A
 * reader too slow for the live events gets what was dropped from the journal. Live events without a row may be lost meanwhile.
 * @param live subscribed before this is called; closed when the reader leaves
 */
export async function* eventsAfter(
  afterSeq: number,
  filter: EventFilter,
  { history, live }: { readonly history: JournalStore; readonly live: EventStream },
): AsyncGenerator<QueueEvent, void, undefined> {
  let last = afterSeq;
  function* fromJournal(): Generator<QueueEvent> {
    for (;;) {
      const rows = history.query({ ...queryOf(filter), afterSeq: last, limit: PAGE });
      for (const row of rows) {
        last = row.seq;
        const event = queueEventOf(row);
        if (wants(filter, event)) yield event;
      }
      if (rows.length < PAGE) return;
    }
  }
  try {
    for (const event of fromJournal()) {
      yield event;
      if (endsStream(filter, event)) return;
    }
    for await (const event of live) {
      if (event.eventType === "gap") {
        for (const missed of fromJournal()) {
          yield missed;
          if (endsStream(filter, missed)) return;
        }
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

function queryOf({ jobId, compositionId, runId, instanceId }: EventFilter): JournalQuery {
  return {
    ...(jobId === undefined ? {} : { jobId }),
    ...(compositionId === undefined ? {} : { compositionId }),
    ...(runId === undefined ? {} : { runId }),
    ...(instanceId === undefined ? {} : { instanceId }),
  };
}
