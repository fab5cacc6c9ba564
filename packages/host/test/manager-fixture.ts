import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type CallEnvelope,
  type DiagnosticsRecord,
  type DiagnosticsStore,
  type JournalEvent,
  type JournalStore,
  JournalWriter,
  type JsonObject,
  type ManifestSchema,
  manifestText,
  type OutputChunk,
  type Stored,
  type StoredJournalEvent,
} from "@cjm/core";
import { configAt, type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import type * as z from "zod";
import { CapabilityManager, type CapabilityManagerOptions } from "../src/index.ts";

class ListJournal implements JournalStore {
  readonly events: JournalEvent[] = [];
  append(events: readonly JournalEvent[]): number[] {
    return events.map((event) => this.events.push(event));
  }
  query(): StoredJournalEvent[] {
    return this.events.map((event, index) => ({ ...event, seq: index + 1 }));
  }
  count(): number {
    return this.events.length;
  }
}

class ListDiagnostics implements DiagnosticsStore {
  readonly records: DiagnosticsRecord[] = [];
  readonly chunks: OutputChunk[] = [];
  appendRecords(records: readonly DiagnosticsRecord[]): void {
    this.records.push(...records);
  }
  appendChunks(chunks: readonly OutputChunk[]): void {
    this.chunks.push(...chunks);
  }
  queryRecords(): Stored<DiagnosticsRecord>[] {
    return [];
  }
  queryChunks(): Stored<OutputChunk>[] {
    return [];
  }
}

/** A manager over scripted workers in a folder of its own. */
export class ManagerFixture implements AsyncDisposable {
  readonly folder: TemporaryFolder;
  readonly manager: CapabilityManager;
  readonly journal = new ListJournal();
  readonly diagnostics = new ListDiagnostics();
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
    const wrapper = join(this.folder.path, "worker.sh");
    const script = fileURLToPath(new URL("fixtures/scripted-worker.ts", import.meta.url));
    writeFileSync(wrapper, `#!/bin/sh\nshift 2\nexec '${process.execPath}' '${script}' "$@"\n`);
    chmodSync(wrapper, 0o755);
    mkdirSync(join(this.folder.path, "manifests"), { recursive: true });
    const manifest = {
      format_version: "2.0",
      install: {
        python_path: wrapper,
        conda_env: "",
        db_path: "",
        env_vars: {},
        installed_at: "",
        installer_version: "",
        package_source: "",
        runtime: "node",
        worker: "node",
        environment_path: this.folder.path,
        environment_hash: null,
        ...install,
      },
      code: { name, version: "1.0.0", description: "", module: "scripted", class: className, ...code },
      drift_tracking: { config_schema_hash: null, structural_surface_hash: null },
      overrides: {},
    };
    writeFileSync(join(this.folder.path, "manifests", `${name}.json`), manifestText(manifest as z.infer<typeof ManifestSchema>));
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
