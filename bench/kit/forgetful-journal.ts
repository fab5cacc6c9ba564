import type { JournalEvent, JournalStore, StoredJournalEvent } from "@cjm/core";

/** Takes rows and keeps none, so that what is measured is whoever writes them. */
export class ForgetfulJournal implements JournalStore {
  #seq = 0;

  append(events: readonly JournalEvent[]): number[] {
    return events.map(() => ++this.#seq);
  }

  query(): StoredJournalEvent[] {
    return [];
  }

  count(): number {
    return this.#seq;
  }
}
