import type { Clock, IdSource, JournalSubject, JournalWriter, JsonObject, StoredJournalEvent } from "@cjm/core";
import type { Ending } from "./ending.ts";
import { EventStream } from "./event-stream.ts";
import { type EventFilter, endsStream, type QueueEvent, queueEventOf, wants } from "./queue-event.ts";

/**
 * The single way out for what the queue has to say. Journaled events are rows first: subscribers see them after the commit.
 * Live events (progress) take their place after the rows emitted before them.
 */
export class EventPublisher {
  readonly #journal: JournalWriter;
  readonly #clock: Clock;
  readonly #ids: IdSource;
  readonly #subscribers = new Map<EventStream, EventFilter>();
  /** Ends listening to the journal; null: nobody is subscribed here, and commits cost nothing. */
  #unlisten: (() => void) | null = null;
  #live: QueueEvent[] = [];
  #isClosed = false;

  constructor(parts: { readonly journal: JournalWriter; readonly clock: Clock; readonly ids: IdSource }) {
    this.#journal = parts.journal;
    this.#clock = parts.clock;
    this.#ids = parts.ids;
  }

  emit(eventType: string, subject: JournalSubject, payload: JsonObject): void {
    this.#journal.emit({ eventId: this.#ids.eventId(), occurredAt: this.#clock.now(), eventType, ...subject, payload });
  }

  /** An event that no journal keeps. */
  live(eventType: string, subject: JournalSubject, payload: JsonObject): void {
    if (this.#subscribers.size === 0) return;
    if (this.#live.length === 0) setImmediate(() => this.#deliverLive());
    this.#live.push(queueEventOf({ eventId: "", occurredAt: this.#clock.now(), eventType, ...subject, payload, seq: 0 }));
  }

  /** Resolves when every row emitted so far is on disk, or cannot be. */
  async committed(): Promise<void> {
    await this.#journal.flushed().catch(() => {});
  }

  /** Resolves when every row emitted so far is on disk, and not before: also after a failed journal was reset. */
  written(): Promise<void> {
    return this.#journal.written();
  }

  /** @param subject what the stream ends with; null: it is not known here, or there is none */
  subscribe(filter: EventFilter, capacity: number, subject: Ending | null): EventStream {
    const stream = new EventStream(capacity, () => this.#remove(stream));
    if (this.#isClosed || subject?.announced === true) {
      stream.end();
      return stream;
    }
    this.#subscribers.set(stream, filter);
    // Its last row may have been told before.
    if (subject?.isOver === true) void subject.ended.then(() => this.#end(stream));
    this.#unlisten ??= this.#journal.onCommit((rows) => this.#onCommit(rows));
    return stream;
  }

  /** Ends all streams; what they have buffered can still be read. */
  close(): void {
    this.#deliverLive();
    this.#isClosed = true;
    for (const stream of this.#subscribers.keys()) this.#end(stream);
  }

  #onCommit(rows: readonly StoredJournalEvent[]): void {
    for (const row of rows) this.#deliver(queueEventOf(row));
  }

  #deliverLive(): void {
    const events = this.#live;
    this.#live = [];
    for (const event of events) this.#deliver({ ...event, seq: null });
  }

  #deliver(event: QueueEvent): void {
    for (const [stream, filter] of this.#subscribers) {
      if (wants(filter, event)) stream.push(event);
      if (endsStream(filter, event)) this.#end(stream);
    }
  }

  #end(stream: EventStream): void {
    stream.end();
    this.#remove(stream);
  }

  #remove(stream: EventStream): void {
    this.#subscribers.delete(stream);
    if (this.#subscribers.size > 0) return;
    this.#unlisten?.();
    this.#unlisten = null;
  }
}
