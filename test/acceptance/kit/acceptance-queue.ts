import { dataLayout, type StoredJournalEvent } from "@cjm/core";
import { JobQueue, type JobQueueOptions } from "@cjm/queue";
import { SqliteJournal } from "@cjm/store";
import { AcceptanceHost } from "./acceptance-host.ts";
import { installProbes } from "./real-workers.ts";

export interface QueueOptions extends Partial<JobQueueOptions> {
  /** Calls that each instance takes at the same time. @default 1 */
  readonly calls?: number;
  /** In the place of a host of its own. */
  readonly host?: AcceptanceHost;
}

/** A queue over real workers: the probe capability in both languages, as instances `node` and `python`. */
export class AcceptanceQueue implements AsyncDisposable {
  readonly host: AcceptanceHost;
  readonly queue: JobQueue;
  readonly #history: SqliteJournal;
  readonly #ownsHost: boolean;

  private constructor(host: AcceptanceHost, options: Omit<QueueOptions, "calls">) {
    this.host = host;
    this.#ownsHost = options.host === undefined;
    this.#history = SqliteJournal.open(dataLayout(host.folder.path).journal);
    this.queue = new JobQueue({ runtime: host.manager, journal: host.writer, history: this.#history, ...options });
  }

  static async create({ calls = 1, ...options }: QueueOptions = {}): Promise<AcceptanceQueue> {
    const host = options.host ?? (await AcceptanceHost.create());
    installProbes(host);
    await host.manager.loadAll(["node", "python"].map((name) => ({ name, maxConcurrentCalls: calls })));
    return new AcceptanceQueue(host, options);
  }

  /** Runs one job on each instance, so that what it takes is measured. */
  async measure(): Promise<void> {
    for (const instanceId of ["node", "python"]) await this.queue.run({ instanceId, kwargs: { action: "add", a: 1, b: 1 } });
  }

  /** Rows of one job, in order. */
  rowsOf(jobId: string): readonly StoredJournalEvent[] {
    this.host.writer.flushNow();
    return this.#history.query({ jobId });
  }

  /** Pid of the worker of an instance. */
  pid(instanceId: string): number | null {
    return this.host.summary(instanceId).pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.queue.destroy();
    this.#history[Symbol.dispose]();
    if (this.#ownsHost) await this.host[Symbol.asyncDispose]();
  }
}

/** What a job went through, as its rows tell it. */
export function steps(rows: readonly StoredJournalEvent[]): string[] {
  return rows.map(({ eventType, payload }) => {
    if (eventType === "state_transition") return `${text(payload["from"])}->${text(payload["to"])}`;
    return eventType === "cancel_phase_changed" ? `cancel:${text(payload["to"])}` : eventType;
  });
}

/** Highest number of jobs that ran at the same time, as the rows tell it. */
export function mostAtOnce(rows: readonly StoredJournalEvent[]): number {
  let running = 0;
  let most = 0;
  for (const { eventType, payload } of rows) {
    if (eventType !== "state_transition") continue;
    if (payload["to"] === "running") running += 1;
    if (payload["from"] === "running") running -= 1;
    most = Math.max(most, running);
  }
  return most;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
