import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CallEnvelope, JournalWriter, type JsonObject, type JsonValue } from "@cjm/core";
import {
  configAt,
  type LifeScript,
  MemoryDiagnostics,
  MemoryJournal,
  ScriptedFolder,
  type TemporaryFolder,
  temporaryFolder,
  writeScriptedManifest,
} from "@cjm/testing";
import { CapabilityManager, type CapabilityManagerOptions, type InstanceCallOptions, type InstanceSummary } from "../src/index.ts";
import { MemoryConfigs } from "./memory-configs.ts";

export interface FixtureCallOptions extends Partial<InstanceCallOptions> {
  readonly jobId?: string;
}

export interface ScriptedCode {
  readonly code?: JsonObject;
  readonly drift?: { readonly config_schema_hash: string | null; readonly structural_surface_hash: string | null };
}

/** A manager over scripted workers in a folder of its own. */
export class ManagerFixture implements AsyncDisposable {
  readonly folder: TemporaryFolder;
  readonly manager: CapabilityManager;
  readonly journal = new MemoryJournal();
  readonly diagnostics = new MemoryDiagnostics();
  readonly configs = new MemoryConfigs();
  readonly writer = new JournalWriter(this.journal);

  private constructor(folder: TemporaryFolder, options: Partial<CapabilityManagerOptions>) {
    this.folder = folder;
    this.manager = new CapabilityManager({
      config: configAt(folder.path),
      searchPaths: [join(folder.path, "manifests")],
      journal: this.writer,
      diagnostics: this.diagnostics,
      configs: this.configs,
      startTimeoutMs: 120_000,
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

  /** Writes the manifest of a capability that takes the steps of its life as the script says, and notes what it is asked. */
  script(name: string, script: LifeScript = {}, { code = {}, drift }: ScriptedCode = {}): ScriptedFolder {
    writeScriptedManifest(this.folder.path, name, "Plain", code, { env_vars: { SCRIPTED_LIFE: JSON.stringify(script) } });
    if (drift !== undefined) {
      const path = join(this.folder.path, "manifests", `${name}.json`);
      writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as JsonObject), drift_tracking: drift }));
    }
    this.manager.discover();
    return new ScriptedFolder(join(this.folder.path, "data", name));
  }

  writeAdapter(className: string, methods: readonly JsonObject[]): void {
    const manifest = {
      unit: "adapter",
      name: `m.${className}`,
      task_name: "work",
      module: "m",
      class: className,
      protocol_members: { methods, properties: [] },
    };
    writeFileSync(join(this.folder.path, "manifests", `adapter-work-${className}.json`), JSON.stringify(manifest));
    this.manager.discover();
  }

  call(instanceId: string, kwargs: JsonObject, { jobId = "job", ...options }: FixtureCallOptions = {}): Promise<JsonValue> {
    const envelope: CallEnvelope = { job_id: jobId };
    const signal = options.signal ?? new AbortController().signal;
    return this.manager.execute({ instanceId, target: { channel: "execute", args: [], kwargs }, envelope }, { ...options, signal });
  }

  /** The same for a call whose outcome is looked at later. */
  begin(instanceId: string, kwargs: JsonObject, options: FixtureCallOptions = {}): Promise<PromiseSettledResult<JsonValue>> {
    return Promise.allSettled([this.call(instanceId, kwargs, options)]).then(([outcome]) => outcome);
  }

  summary(instanceId: string): InstanceSummary {
    const found = this.manager.instances().find((instance) => instance.instanceId === instanceId);
    if (found === undefined) throw new Error(`${instanceId} is not loaded`);
    return found;
  }

  rows(eventType: string): readonly JsonObject[] {
    return this.journal.events.filter((event) => event.eventType === eventType).map(({ payload }) => payload);
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
