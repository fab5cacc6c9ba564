import type { JournalEvent, JournalStore, StoredJournalEvent } from "@cjm/core";

/** A journal that remembers its rows and filters nothing. */
export class MemoryJournal implements JournalStore {
  readonly events: JournalEvent[] = [];

  append(events: readonly JournalEvent[]): number[] {
    return events.map((event) => this.events.push(event));
  }

  query(): StoredJournalEvent[] {
    return this.events.map((event, index) => ({ ...event, seq: index + 1 }));
  }

  count(eventType?: string): number {
    return this.events.filter((event) => eventType === undefined || event.eventType === eventType).length;
  }
}
