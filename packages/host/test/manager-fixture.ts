import { join } from "node:path";
import { type CallEnvelope, JournalWriter, type JsonObject } from "@cjm/core";
import { configAt, MemoryDiagnostics, MemoryJournal, type TemporaryFolder, temporaryFolder, writeScriptedManifest } from "@cjm/testing";
import { CapabilityManager, type CapabilityManagerOptions } from "../src/index.ts";

/** A manager over scripted workers in a folder of its own. */
export class ManagerFixture implements AsyncDisposable {
  readonly folder: TemporaryFolder;
  readonly manager: CapabilityManager;
  readonly journal = new MemoryJournal();
  readonly diagnostics = new MemoryDiagnostics();
  readonly writer = new JournalWriter(this.journal);

  private constructor(folder: TemporaryFolder, options: Partial<CapabilityManagerOptions>) {
    this.folder = folder;
    this.manager = new CapabilityManager({
      config: configAt(folder.path),
      searchPaths: [join(folder.path, "manifests")],
      journal: this.writer,
      diagnostics: this.diagnostics,
      startTimeoutMs: 10_000,
      ...options,
    });
  }

  static async create(options: Partial<CapabilityManagerOptions> = {}): Promise<ManagerFixture> {
    return new ManagerFixture(await temporaryFolder(), options);
  }

  /** Writes a manifest whose worker behaves as `className` says, and discovers it. */
  install(name: string, className = "Plain", code: JsonObject = {}, install: JsonObject = {}): void {
    writeScriptedManifest(this.folder.path, name, className, code, install);
    this.manager.discover();
  }

  call(
    instanceId: string,
    kwargs: JsonObject,
    options: { jobId?: string; signal?: AbortSignal; onProgress?: (progress: { fraction: number; message: string }) => void } = {},
  ) {
    const envelope: CallEnvelope = { job_id: options.jobId ?? "job" };
    return this.manager.execute(
      { instanceId, target: { channel: "execute", args: [], kwargs }, envelope },
      {
        signal: options.signal ?? new AbortController().signal,
        ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
      },
    );
  }

  async eventTypes(): Promise<readonly string[]> {
    await this.writer.flushed();
    return this.journal.events.map(({ eventType }) => eventType);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.manager.close();
    await this.folder[Symbol.asyncDispose]();
  }
}
