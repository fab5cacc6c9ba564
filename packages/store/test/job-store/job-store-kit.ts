import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { ManualClock, TemporaryFolder } from "@cjm/testing";
import { temporaryFolder } from "@cjm/testing";
import type { JobStorePlace } from "@cjm/testing/job-store-contract";
import Database from "better-sqlite3";
import { type JobStoreOptions, SqliteJobStore } from "../../src/index.ts";
import { ownIdentity } from "../../src/job-store/host-identity.ts";

/** A folder with one jobs.db, and the stores that are open of it. */
export class JobStoreKit implements JobStorePlace {
  readonly #folder: TemporaryFolder;
  readonly #stores: SqliteJobStore[] = [];
  readonly #options: Partial<JobStoreOptions>;

  constructor(folder: TemporaryFolder, options: Partial<JobStoreOptions>) {
    this.#folder = folder;
    this.#options = options;
  }

  static async make(options: Partial<JobStoreOptions> = {}): Promise<JobStoreKit> {
    return new JobStoreKit(await temporaryFolder(), options);
  }

  get path(): string {
    return this.at("jobs.db");
  }

  get resultsFolder(): string {
    return this.at("results");
  }

  at(name: string): string {
    return join(this.#folder.path, name);
  }

  open(options: Partial<JobStoreOptions> = {}): SqliteJobStore {
    const store = SqliteJobStore.open(this.path, { resultsFolder: this.resultsFolder, ...this.#options, ...options });
    this.#stores.push(store);
    return store;
  }

  /** Another connection to the same file, as an operator's. */
  database(): Database.Database {
    return new Database(this.path, { timeout: 5000 });
  }

  resultFiles(): readonly string[] {
    mkdirSync(this.resultsFolder, { recursive: true });
    return readdirSync(this.resultsFolder).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const store of this.#stores) await store[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Who a host in a container of its own is: nobody outside sees its process. */
export function inContainer(pid: number): ReturnType<typeof ownIdentity> {
  return { ...ownIdentity(), pid, pidNamespace: `pid:[${pid}]` };
}

/** Lets time pass for one host, heartbeat by heartbeat. */
export async function pass(clock: ManualClock, ms: number, stepMs = 5000): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    clock.advance(Math.min(stepMs, left));
    await turns(3);
  }
}

/** Lets the event loop go round, so that what was begun in this process gets its transaction and its consequences. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}
