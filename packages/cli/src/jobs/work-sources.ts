import { existsSync } from "node:fs";
import { type CjmConfig, dataLayout } from "@cjm/core";
import { type ConnectedHosts, connectHosts, type HostConnection, type JobsReport } from "@cjm/pipeline";
import { SqliteDiagnostics, SqliteJobStore, SqliteJournal, SqliteProfiles } from "@cjm/store";

export interface AnsweringHost {
  readonly host: HostConnection;
  readonly report: JobsReport;
}

/**
 * Everything that knows of jobs in a data directory: hosts that live, and files. Files are opened when they are asked for and
 * are there; looking makes none.
 */
export class WorkSources implements AsyncDisposable {
  readonly #owned: AsyncDisposableStack;
  readonly #config: CjmConfig;
  readonly connected: ConnectedHosts;
  /** Null: no job was ever stored. */
  readonly store: SqliteJobStore | null;

  private constructor(config: CjmConfig, parts: { readonly connected: ConnectedHosts; readonly store: SqliteJobStore | null }) {
    this.#config = config;
    this.connected = parts.connected;
    this.store = parts.store;
    this.#owned = new AsyncDisposableStack();
    this.#owned.use(parts.connected);
    this.#owned.use(parts.store);
  }

  /** @throws CjmError CJM_STORE_FAILED */
  static async open(config: CjmConfig, options: { readonly keepLeftovers?: boolean } = {}): Promise<WorkSources> {
    const layout = dataLayout(config.dataDir);
    const store = existsSync(layout.jobs) ? SqliteJobStore.open(layout.jobs, { resultsFolder: layout.jobResults }) : null;
    return new WorkSources(config, { store, connected: await connectHosts(config.dataDir, options) });
  }

  /** What each host has now; hosts that end meanwhile are left out. */
  async answering(): Promise<readonly AnsweringHost[]> {
    const reports = await Promise.allSettled(this.connected.hosts.map(async (host) => ({ host, report: await host.jobs() })));
    return reports.flatMap((settled) => (settled.status === "fulfilled" ? [settled.value] : []));
  }

  /** @throws CjmError CJM_STORE_FAILED */
  journal(): SqliteJournal | null {
    return this.#opened(dataLayout(this.#config.dataDir).journal, (path) => SqliteJournal.open(path));
  }

  /** @throws CjmError CJM_STORE_FAILED */
  diagnostics(): SqliteDiagnostics | null {
    return this.#opened(dataLayout(this.#config.dataDir).diagnostics, (path) => SqliteDiagnostics.open(path));
  }

  /** @throws CjmError CJM_STORE_FAILED */
  profiles(): SqliteProfiles | null {
    return this.#opened(dataLayout(this.#config.dataDir).profiles, (path) => SqliteProfiles.open(path));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }

  #opened<File extends Disposable>(path: string, open: (path: string) => File): File | null {
    return existsSync(path) ? this.#owned.use(open(path)) : null;
  }
}
