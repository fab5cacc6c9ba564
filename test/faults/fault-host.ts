import { join } from "node:path";
import { type CjmConfig, type DiagnosticsStore, type JournalEvent, JournalWriter, type JsonObject, type JsonValue } from "@cjm/core";
import { CapabilityManager, type CapabilityManagerOptions, type InstanceSummary, type LoadOptions } from "@cjm/host";
import { configAt, descendants, MemoryDiagnostics, MemoryJournal, type TemporaryFolder, temporaryFolder, until } from "@cjm/testing";
import { expect } from "vitest";
import { type WorkerLanguage, writeFaultManifest } from "./fault-manifest.ts";

/** A worker that something is about to happen to, with what must not outlive it. */
export interface Victim {
  readonly instanceId: string;
  readonly pid: number;
  readonly sessionId: string;
  /** The worker, its descendants at this moment, and whatever a test adds. */
  readonly tree: readonly number[];
}

export interface FaultHostOptions extends Partial<Omit<CapabilityManagerOptions, "config" | "journal" | "searchPaths" | "diagnostics">> {
  readonly config?: Partial<CjmConfig>;
  readonly diagnostics?: DiagnosticsStore;
}

/** Long enough for a crowded machine to start a worker. */
export const START_TIMEOUT_MS = 120_000;

/** A capability manager in this process, with the fault probes of every language and what was recorded of them. */
export class FaultHost implements AsyncDisposable {
  readonly folder: TemporaryFolder;
  readonly manager: CapabilityManager;
  readonly journal = new MemoryJournal();
  readonly output = new MemoryDiagnostics();
  readonly #writer = new JournalWriter(this.journal);

  private constructor(folder: TemporaryFolder, { config, ...options }: FaultHostOptions) {
    this.folder = folder;
    this.manager = new CapabilityManager({
      config: { ...configAt(folder.path), ...config },
      searchPaths: [join(folder.path, "manifests")],
      journal: this.#writer,
      diagnostics: this.output,
      startTimeoutMs: START_TIMEOUT_MS,
      // What a worker does with more of it is its own affair, and tested with it.
      terminationGraceMs: 1_000,
      // The first failure is the one to look at.
      maxResourceRetries: 0,
      ...options,
    });
  }

  static async create(options: FaultHostOptions = {}): Promise<FaultHost> {
    return new FaultHost(await temporaryFolder("cjm-f-"), options);
  }

  /** Writes the manifest of a fault probe; `className` says how it starts. */
  install(language: WorkerLanguage, name = "tool", className?: string): void {
    writeFaultManifest(this.folder.path, language, name, className);
    this.manager.discover();
  }

  async load(name = "tool", options: LoadOptions = {}): Promise<InstanceSummary> {
    return await this.manager.load(name, options);
  }

  /** @param kwargs `action` among them */
  async call(kwargs: JsonObject, instanceId = "tool", jobId = "job"): Promise<JsonValue> {
    return await this.manager.execute(
      { instanceId, target: { channel: "execute", args: [], kwargs }, envelope: { job_id: jobId } },
      { signal: new AbortController().signal },
    );
  }

  stream(kwargs: JsonObject, instanceId = "tool"): AsyncIterable<JsonValue> {
    return this.manager.stream(
      { instanceId, target: { channel: "execute", args: [], kwargs }, envelope: { job_id: "job" } },
      { signal: new AbortController().signal },
    );
  }

  /** Resolves when a worker has printed a line with `text`. */
  async printed(text: string): Promise<void> {
    await until(`a worker prints '${text}'`, () => this.output.chunks.some(({ content }) => content.includes(text)));
  }

  /** The latest worker of an instance. */
  victim(instanceId = "tool"): Victim {
    const spawned = this.journal.events.findLast((row) => row.eventType === "worker_spawned" && row.instanceId === instanceId);
    if (spawned === undefined) throw new Error(`no worker of ${instanceId} was spawned`);
    const pid = Number(spawned.payload["pid"]);
    return { instanceId, pid, sessionId: spawned.workerSessionId ?? "", tree: [pid, ...descendants(pid)] };
  }

  /** Resolves with the latest worker of an instance as soon as there is one. */
  async spawned(instanceId = "tool"): Promise<Victim> {
    await until(`a worker of ${instanceId} is spawned`, () => this.rows("worker_spawned").some((row) => row.instanceId === instanceId));
    return this.victim(instanceId);
  }

  /** After a load that failed: nothing of it is left, and a load of what is mended works. */
  async expectLoadable(language: WorkerLanguage): Promise<void> {
    expect(this.manager.instances()).toEqual([]);
    this.install(language);
    await this.load();
    expect(await this.call({ action: "echo", value: "next" })).toBe("next");
  }

  rows(eventType: string, sessionId?: string): readonly JournalEvent[] {
    return this.journal.events.filter(
      (row) => row.eventType === eventType && (sessionId === undefined || row.workerSessionId === sessionId),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.manager.close();
    await this.folder[Symbol.asyncDispose]();
  }
}
