import { type IdSource, type JournalEvent, type JournalQuery, type JournalStore, JournalWriter, type StoredJournalEvent } from "@cjm/core";
import { ManualClock } from "@cjm/testing";
import { JobQueue, type JobQueueOptions } from "../src/index.ts";
import { type FakeInstance, FakeRuntime } from "./fake-runtime.ts";

/** A journal that can be broken and repaired. */
export class MemoryJournal implements JournalStore {
  readonly rows: StoredJournalEvent[] = [];
  broken = false;

  append(events: readonly JournalEvent[]): number[] {
    if (this.broken) throw new Error("disk full");
    return events.map((event) => {
      const seq = this.rows.length + 1;
      this.rows.push({ ...event, seq });
      return seq;
    });
  }

  query(query: JournalQuery): StoredJournalEvent[] {
    const rows = this.rows.filter(
      (row) =>
        (query.jobId === undefined || query.jobId === row.jobId) &&
        (query.compositionId === undefined || query.compositionId === row.compositionId) &&
        (query.eventType === undefined || query.eventType === row.eventType) &&
        row.seq > (query.afterSeq ?? 0) &&
        row.seq < (query.beforeSeq ?? Number.POSITIVE_INFINITY) &&
        row.occurredAt <= (query.until ?? Number.POSITIVE_INFINITY),
    );
    return (query.order === "descending" ? rows.reverse() : rows).slice(0, query.limit);
  }

  count(): number {
    return this.rows.length;
  }
}

/** Ids that count, so that the same run gives the same trace. Hosts that follow each other need a prefix each. */
export function countingIds(prefix = ""): IdSource {
  let count = 0;
  const next = (kind: string): string => `${prefix}${kind}-${++count}`;
  return {
    jobId: () => next("job") as ReturnType<IdSource["jobId"]>,
    compositionId: () => next("composition") as ReturnType<IdSource["compositionId"]>,
    workerSessionId: () => next("session") as ReturnType<IdSource["workerSessionId"]>,
    runId: () => next("run") as ReturnType<IdSource["runId"]>,
    eventId: () => next("event"),
  };
}

export interface QueueKit extends AsyncDisposable {
  readonly queue: JobQueue;
  readonly runtime: FakeRuntime;
  readonly journal: MemoryJournal;
  readonly writer: JournalWriter;
  readonly clock: ManualClock;
  readonly internalErrors: unknown[];
}

export interface KitOptions extends Partial<JobQueueOptions> {
  readonly instances?: Record<string, FakeInstance>;
}

/** A queue over a fake runtime, a journal in memory and a clock that stands still. */
export function queueKit({ instances = {}, ...options }: KitOptions = {}): QueueKit {
  const runtime = new FakeRuntime(instances);
  const journal = new MemoryJournal();
  const writer = new JournalWriter(journal);
  const clock = new ManualClock();
  const internalErrors: unknown[] = [];
  const queue = new JobQueue({
    runtime,
    journal: writer,
    clock,
    ids: countingIds(),
    machineMemoryMb: 64_000,
    random: () => 0.5,
    onInternalError: (error) => internalErrors.push(error),
    ...options,
  });
  return {
    queue,
    runtime,
    journal,
    writer,
    clock,
    internalErrors,
    [Symbol.asyncDispose]: async () => {
      const destroyed = queue.destroy();
      // Calls that do not listen end when the short grace of a queue that stops is over.
      for (const call of runtime.running) call.resolve();
      await destroyed;
    },
  };
}

/** The disk is full, and the queue has noticed. */
export async function breakJournal({ journal, writer }: QueueKit): Promise<void> {
  journal.broken = true;
  writer.emit({ eventId: "probe", occurredAt: 0, eventType: "probe", payload: {} });
  await turns();
}

/** A turn of the event loop, in which everything that can happen by itself happens. */
export async function turns(count = 5): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** What a job went through, as its rows tell it. */
export function trace(journal: MemoryJournal, jobId: string): string[] {
  return journal.query({ jobId }).map(({ eventType, payload }) => {
    const { from, to } = payload;
    if (eventType === "state_transition" && typeof from === "string" && typeof to === "string") return `${from}->${to}`;
    if (eventType === "cancel_phase_changed" && typeof to === "string") return `cancel:${to}`;
    return eventType;
  });
}

/** `${path}` as a document has it. */
export function ref(path: string): string {
  return `\${${path}}`;
}
