import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CjmConfig, dataLayout, JournalWriter, type JsonObject, type JsonValue, ManifestSchema, manifestText } from "@cjm/core";
import { CapabilityManager } from "@cjm/host";
import { openStores, type Stores } from "@cjm/pipeline";
import { JobQueue } from "@cjm/queue";
import { SqliteJobStore } from "@cjm/store";
import { configAt } from "@cjm/testing";
import { realPython } from "./real-python.ts";
import { stageEnvironment } from "./staged-packages.ts";

export interface BenchHostOptions {
  /** An empty folder. */
  readonly folder: string;
  /** Copies of the Node tool, named `bench-0` and so on; `bench-python` is there besides. @default 1 */
  readonly tools?: number;
  /** Whether calls leave rows in the profile store, as they do in a pipeline. @default true */
  readonly profiles?: boolean;
}

/** A capability manager in this process with the stores of a pipeline, and the measured tool in both languages. */
export class BenchHost implements AsyncDisposable {
  readonly manager: CapabilityManager;
  readonly #config: CjmConfig;
  readonly #stores: Stores;
  readonly #journal: JournalWriter;

  private constructor(manager: CapabilityManager, config: CjmConfig, stores: Stores, journal: JournalWriter) {
    this.manager = manager;
    this.#config = config;
    this.#stores = stores;
    this.#journal = journal;
  }

  static async open({ folder, tools = 1, profiles = true }: BenchHostOptions): Promise<BenchHost> {
    const config = configAt(join(folder, "cjm"));
    const manifests = join(folder, "manifests");
    writeManifests(manifests, stageEnvironment(join(folder, "environment"), "source"), tools);
    const stores = await openStores(config);
    const journal = new JournalWriter(stores.journal);
    const manager = new CapabilityManager({
      config,
      searchPaths: [manifests],
      journal,
      diagnostics: stores.diagnostics,
      configs: stores.configs,
      secrets: stores.secrets,
      ...(profiles ? { profiles: stores.profiles } : {}),
    });
    manager.discover();
    return new BenchHost(manager, config, stores, journal);
  }

  call(instanceId: string, kwargs: JsonObject): Promise<JsonValue> {
    return this.manager.execute(
      { instanceId, target: { channel: "execute", args: [], kwargs }, envelope: { job_id: "bench" } },
      { signal: new AbortController().signal },
    );
  }

  get journalRows(): number {
    return this.#stores.journal.count();
  }

  /** A queue on this host with the job store of a pipeline; it goes, and its store with it, when `opened` is disposed of. */
  openQueue(opened: AsyncDisposableStack, { lanes, durable = true }: { readonly lanes: number; readonly durable?: boolean }): JobQueue {
    const layout = dataLayout(this.#config.dataDir);
    const store = durable ? { store: opened.use(SqliteJobStore.open(layout.jobs, { resultsFolder: layout.jobResults })) } : {};
    return opened.use(new JobQueue({ runtime: this.manager, journal: this.#journal, history: this.#stores.journal, lanes, ...store }));
  }

  pidOf(instanceId: string): number {
    const pid = this.manager.instances().find((instance) => instance.instanceId === instanceId)?.pid;
    if (pid == null) throw new Error(`${instanceId} has no worker`);
    return pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.manager.close();
    await this.#journal.flushed();
    this.#stores[Symbol.dispose]();
  }
}

function writeManifests(folder: string, environment: string, tools: number): void {
  mkdirSync(folder, { recursive: true });
  const python = {
    install: {
      runtime: "venv",
      worker: "python",
      python_path: realPython(),
      environment_path: fileURLToPath(new URL("../capability/python", import.meta.url)),
    },
    module: "bench_tool",
  };
  const node = {
    install: { runtime: "node", worker: "node", python_path: process.execPath, environment_path: environment },
    module: "@cjm/bench-tool",
  };
  const write = (name: string, { install, module }: typeof node): void => {
    const code = { name, module, class: "BenchTool", version: "1.0.0" };
    writeFileSync(join(folder, `${name}.json`), manifestText(ManifestSchema.parse({ format_version: "2.0", install, code })));
  };
  for (let index = 0; index < tools; index += 1) write(`bench-${index}`, node);
  write("bench-python", python);
}
