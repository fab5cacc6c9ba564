import { expect, test } from "vitest";
import { type JournalEvent, type JournalStore, JournalWriter, type StoredJournalEvent } from "../../src/index.ts";

const event = (eventId: string): JournalEvent => ({ eventId, occurredAt: 0, eventType: "state_transition", payload: {} });

class RecordingStore implements JournalStore {
  readonly commits: string[][] = [];
  broken = false;
  /** So many appends find it held by others. */
  busy = 0;
  #seq = 0;

  append(events: readonly JournalEvent[]): number[] {
    if (this.broken) throw new Error("disk full");
    if (this.busy > 0) {
      this.busy -= 1;
      throw new Error("held");
    }
    this.commits.push(events.map(({ eventId }) => eventId));
    return events.map(() => ++this.#seq);
  }
  isBusy(error: unknown): boolean {
    return error instanceof Error && error.message === "held";
  }
  query(): StoredJournalEvent[] {
    return [];
  }
  count(): number {
    return this.#seq;
  }
}

test("rows of one turn go in one transaction, and subscribers see them after it", async () => {
  const store = new RecordingStore();
  const writer = new JournalWriter(store);
  const seen: string[] = [];
  writer.onCommit((rows) => seen.push(...rows.map((row) => `${row.eventId}:${row.seq}`)));
  writer.emit(event("a"));
  writer.emit(event("b"));
  expect(seen).toEqual([]);
  await writer.flushed();
  writer.emit(event("c"));
  await writer.flushed();
  expect(store.commits).toEqual([["a", "b"], ["c"]]);
  expect(seen).toEqual(["a:1", "b:2", "c:3"]);
});

test("a failed append stops acceptance, keeps the rows, and a reset writes them in order", async () => {
  const store = new RecordingStore();
  const writer = new JournalWriter(store);
  store.broken = true;
  writer.emit(event("a"));
  let failures = 0;
  writer.onFailure(() => {
    failures += 1;
  });
  await expect(writer.flushed()).rejects.toMatchObject({ code: "CJM_JOURNAL_FAILED" });
  expect(failures).toBe(1);
  writer.emit(event("b"));
  expect(() => writer.assertWritable()).toThrow("WEDGED");
  expect(() => writer.reset()).toThrow("disk full");
  store.broken = false;
  writer.reset();
  expect(store.commits).toEqual([["a", "b"]]);
  expect(writer.failure).toBeNull();
});

test("rows wait while others hold the store, together with what comes meanwhile", async () => {
  const store = new RecordingStore();
  const writer = new JournalWriter(store);
  store.busy = 3;
  writer.emit(event("a"));
  const flushed = writer.flushed();
  await new Promise((resolve) => setImmediate(resolve));
  writer.emit(event("b"));
  expect(() => writer.flushNow()).toThrow("Another process holds the journal");
  await flushed;
  expect([store.commits, writer.failure]).toEqual([[["a", "b"]], null]);
});

test("a reset that finds the store held by others leaves it failed", async () => {
  const store = new RecordingStore();
  const writer = new JournalWriter(store);
  store.broken = true;
  writer.emit(event("a"));
  await expect(writer.flushed()).rejects.toMatchObject({ code: "CJM_JOURNAL_FAILED" });
  store.broken = false;
  store.busy = 1;
  expect(() => writer.reset()).toThrow("WEDGED");
  writer.reset();
  expect(store.commits).toEqual([["a"]]);
});

test("written waits for the disk, also through a failure and its reset", async () => {
  const store = new RecordingStore();
  const writer = new JournalWriter(store);
  await writer.written();
  store.broken = true;
  writer.emit(event("a"));
  let isWritten = false;
  const written = writer.written().then(() => {
    isWritten = true;
  });
  await expect(writer.flushed()).rejects.toMatchObject({ code: "CJM_JOURNAL_FAILED" });
  expect(isWritten).toBe(false);
  store.broken = false;
  writer.reset();
  await written;
  expect(store.commits).toEqual([["a"]]);
});

test("flushNow writes without waiting for the end of the turn", () => {
  const store = new RecordingStore();
  const writer = new JournalWriter(store);
  writer.emit(event("a"));
  writer.flushNow();
  expect(store.commits).toEqual([["a"]]);
});
