import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type CallEnvelope,
  type CjmConfig,
  dataLayout,
  type JournalStore,
  JournalWriter,
  type JsonObject,
  type JsonValue,
  ManifestSchema,
  manifestText,
  type StoredJournalEvent,
} from "@cjm/core";
import { CapabilityManager, type CapabilityManagerOptions, type InstanceCallOptions, type InstanceSummary } from "@cjm/host";
import { SecretFile, SqliteConfigs, SqliteDiagnostics, SqliteJournal, SqliteProfiles } from "@cjm/store";
import { configAt, processesWith, type TemporaryFolder, temporaryFolder, until } from "@cjm/testing";
import { type Note, RecordFolder } from "./record-folder.ts";

export interface HostOptions extends Partial<Omit<CapabilityManagerOptions, "config">> {
  readonly config?: Partial<CjmConfig>;
  /** In the place of the journal on disk. */
  readonly journalStore?: (disk: JournalStore) => JournalStore;
}

/** JSON; an `answer` among them says what a recorded worker does. */
type Arguments = Readonly<Record<string, unknown>>;

export interface CallOptions extends Partial<InstanceCallOptions> {
  readonly jobId?: string;
  readonly envelope?: CallEnvelope;
}

/** A host as a program has it: a manager over the stores of one data directory, which outlives the manager. */
export class AcceptanceHost implements AsyncDisposable {
  readonly folder: TemporaryFolder;
  readonly records: RecordFolder;
  readonly profiles: SqliteProfiles;
  readonly configs: SqliteConfigs;
  readonly secrets: SecretFile;
  readonly diagnostics: SqliteDiagnostics;
  readonly writer: JournalWriter;
  readonly #journal: SqliteJournal;
  readonly #options: HostOptions;
  #manager: CapabilityManager;

  /** Another host over the same data directory, with stores of its own. To be disposed of before this one. */
  beside(): AcceptanceHost {
    return new AcceptanceHost({ path: this.folder.path, [Symbol.asyncDispose]: () => Promise.resolve() }, this.#options);
  }

  private constructor(folder: TemporaryFolder, options: HostOptions) {
    const layout = dataLayout(folder.path);
    this.folder = folder;
    this.#options = options;
    this.records = new RecordFolder(join(folder.path, "records"));
    this.profiles = SqliteProfiles.open(layout.profiles);
    this.configs = SqliteConfigs.open(layout.configs);
    this.secrets = new SecretFile(layout.secrets);
    this.diagnostics = SqliteDiagnostics.open(layout.diagnostics);
    this.#journal = SqliteJournal.open(layout.journal);
    this.writer = new JournalWriter(options.journalStore?.(this.#journal) ?? this.#journal);
    this.#manager = this.#newManager();
  }

  static async create(options: HostOptions = {}): Promise<AcceptanceHost> {
    return new AcceptanceHost(await temporaryFolder(), options);
  }

  get manager(): CapabilityManager {
    return this.#manager;
  }

  /** Installs a capability whose worker writes down what it is asked. `code` and `install` are laid over its manifest. */
  install(name: string, code: JsonObject = {}, install: JsonObject = {}): void {
    const env_vars = { RECORD_FOLDER: this.records.path, ...(install["env_vars"] as object | undefined) };
    this.write(name, {
      install: { python_path: this.#wrapper(), runtime: "node", worker: "node", environment_path: this.folder.path, ...install, env_vars },
      code: { module: "recorded", class: "Recorded", ...code },
    });
  }

  /** Writes a manifest and looks for manifests anew. */
  write(name: string, { install, code }: { readonly install: JsonObject; readonly code: JsonObject }): void {
    const drift_tracking = (code["drift_tracking"] ?? {}) as JsonObject;
    const manifest = ManifestSchema.parse({ format_version: "2.0", install, code: { name, version: "1.0.0", ...code }, drift_tracking });
    const folder = dataLayout(this.folder.path).manifests;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.json`), manifestText(manifest));
    this.#manager.discover();
  }

  /** Writes the manifest of an adapter, and looks for manifests anew. */
  writeAdapter(className: string, manifest: JsonObject): void {
    writeFileSync(join(dataLayout(this.folder.path).manifests, `adapter-${className}.json`), JSON.stringify(manifest));
    this.#manager.discover();
  }

  /** Installs capabilities and loads each as its default instance. */
  async load(...names: readonly string[]): Promise<void> {
    for (const name of names) this.install(name);
    await Promise.all(names.map((name) => this.#manager.load(name)));
  }

  call(instanceId: string, kwargs: Arguments = {}, { jobId = "job", envelope = {}, ...options }: CallOptions = {}): Promise<JsonValue> {
    const target = { channel: "execute", args: [], kwargs: kwargs as JsonObject } as const;
    const signal = options.signal ?? new AbortController().signal;
    return this.#manager.execute({ instanceId, target, envelope: { job_id: jobId, ...envelope } }, { ...options, signal });
  }

  stream(instanceId: string, kwargs: Arguments, signal: AbortSignal = new AbortController().signal): AsyncIterable<JsonValue> {
    const target = { channel: "execute", args: [], kwargs: kwargs as JsonObject } as const;
    return this.#manager.stream({ instanceId, target, envelope: { job_id: "stream" } }, { signal });
  }

  summary(instanceId: string): InstanceSummary {
    const found = this.#manager.instances().find((summary) => summary.instanceId === instanceId);
    if (found === undefined) throw new Error(`${instanceId} is not loaded`);
    return found;
  }

  /** What workers of a capability were asked, in order; with `path`, of that path alone. */
  asked(capability: string, path?: string): readonly Note[] {
    return this.notes("asked", capability).filter((note) => path === undefined || note.path === path);
  }

  notes(what: Note["what"], capability: string): readonly Note[] {
    return this.records.notes().filter((note) => note.what === what && note.capability === capability);
  }

  /** Resolves when workers of a capability were asked so often. */
  async untilAsked(capability: string, path: string, times = 1): Promise<void> {
    await until(`${capability} was asked ${path}`, () => this.asked(capability, path).length >= times);
  }

  /** Rows of the journal of one type, in order. */
  rows(eventType: string): readonly StoredJournalEvent[] {
    this.writer.flushNow();
    return this.#journal.query({ eventType });
  }

  /** Every row of the journal, in order. */
  allRows(): readonly StoredJournalEvent[] {
    this.writer.flushNow();
    return this.#journal.query({});
  }

  /** Pids of everything that this host started, also of what left its tree. */
  processes(): readonly number[] {
    return processesWith("CJM_CAPABILITY_DATA_DIR", dataLayout(this.folder.path).capabilityData);
  }

  /** Ends the host and starts another over the same data. */
  async restart(): Promise<void> {
    await this.#manager.close();
    this.#manager = this.#newManager();
    this.#manager.discover();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#manager.close();
    for (const store of [this.profiles, this.configs, this.diagnostics, this.#journal]) store[Symbol.dispose]();
    await this.folder[Symbol.asyncDispose]();
  }

  #newManager(): CapabilityManager {
    const { config, journalStore: _journalStore, ...options } = this.#options;
    return new CapabilityManager({
      config: { ...configAt(this.folder.path), ...config },
      searchPaths: [dataLayout(this.folder.path).manifests],
      journal: this.writer,
      history: this.#journal,
      diagnostics: this.diagnostics,
      profiles: this.profiles,
      configs: this.configs,
      secrets: this.secrets,
      ...options,
    });
  }

  /** Stands for the interpreter of an environment; the program that the host would run is replaced. */
  #wrapper(): string {
    const wrapper = join(this.folder.path, "recorded.sh");
    const program = fileURLToPath(new URL("./recorded-worker.ts", import.meta.url));
    const cache = fileURLToPath(new URL("../../../node_modules/.cache/recorded-worker", import.meta.url));
    const start = `NODE_COMPILE_CACHE='${cache}' exec '${process.execPath}' '${program}' "$@"`;
    const text = `#!/bin/sh\nwhile [ "$1" != --module ]; do shift; done\n${start}\n`;
    // Written once: a script that is being executed must not change.
    if (!isSame(wrapper, text)) {
      writeFileSync(wrapper, text);
      chmodSync(wrapper, 0o755);
    }
    return wrapper;
  }
}

function isSame(path: string, text: string): boolean {
  try {
    return readFileSync(path, "utf8") === text;
  } catch {
    return false;
  }
}
