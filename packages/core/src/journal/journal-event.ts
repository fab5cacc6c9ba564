import type { JsonObject } from "../json.ts";

/** Everything that identifies what a journal row is about; absent means null in its column. */
export interface JournalSubject {
  readonly runId?: string | null;
  readonly jobId?: string | null;
  readonly compositionId?: string | null;
  readonly nodeId?: string | null;
  readonly instanceId?: string | null;
  readonly capabilityName?: string | null;
  readonly configHash?: string | null;
  readonly taskName?: string | null;
  readonly method?: string | null;
  readonly workerSessionId?: string | null;
  readonly actor?: string | null;
}

/** One row of the journal before it is written. `eventType` is open: unknown types round-trip. */
export interface JournalEvent extends JournalSubject {
  readonly eventId: string;
  /** Unix milliseconds with a fraction; microseconds survive on disk. */
  readonly occurredAt: number;
  readonly eventType: string;
  /** Reported by a worker rather than observed by the host. */
  readonly workerReported?: boolean;
  readonly payload: JsonObject;
}

/** A row that is on disk; `seq` rises by one with every row and is the cursor for catching up. */
export interface StoredJournalEvent extends JournalEvent {
  readonly seq: number;
}

export interface JournalQuery {
  readonly runId?: string;
  readonly jobId?: string;
  readonly compositionId?: string;
  readonly instanceId?: string;
  readonly workerSessionId?: string;
  readonly eventType?: string;
  readonly afterSeq?: number;
  readonly beforeSeq?: number;
  /** Unix milliseconds, inclusive. */
  readonly since?: number;
  readonly until?: number;
  /** @default no limit */
  readonly limit?: number;
  /** @default "ascending" by seq */
  readonly order?: "ascending" | "descending";
}

/** Where journal rows go. One call is one transaction: all rows or none. */
export interface JournalStore {
  /** @returns the sequence numbers in the order given. @throws CjmError CJM_STORE_FAILED */
  append(events: readonly JournalEvent[]): readonly number[];
  query(query: JournalQuery): readonly StoredJournalEvent[];
  count(eventType?: string): number;
  /** Whether `append` failed only because somebody else holds the store: the same rows may be tried again. @default never */
  isBusy?(error: unknown): boolean;
}
