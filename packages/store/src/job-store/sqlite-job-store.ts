import {
  type AdoptedWork,
  type Clock,
  type JobLease,
  type JobQuery,
  type JobSettlement,
  type JobStore,
  type LedgerRow,
  type StoredComposition,
  type StoredJob,
  systemClock,
} from "@cjm/core";
import type { DatabaseFile } from "../database-file.ts";
import { WalCheckpoint } from "../wal-checkpoint.ts";
import { adoptOrphans } from "./adopt-orphans.ts";
import { HostHeartbeat } from "./host-heartbeat.ts";
import { type HostIdentity, ownIdentity } from "./host-identity.ts";
import { HostRows } from "./host-rows.ts";
import { HostWatch } from "./host-watch.ts";
import { JobReads, type LedgerQuery, type OpenIds, type StoredLedgerRow } from "./job-reads.ts";
import { jsonText } from "./job-rows.ts";
import { JobWrites } from "./job-writes.ts";
import { openJobsFile } from "./jobs-file.ts";
import { pruneInBackground } from "./prune-in-background.ts";
import { type PruneReport, pruneFile } from "./prune-jobs.ts";
import { ResultFiles } from "./result-files.ts";
import { TurnTransactions } from "./turn-transactions.ts";

export interface JobStoreOptions {
  /** Folder of the results that are too large for the database; made with the first of them. One folder for each database. */
  readonly resultsFolder: string;
  /** @default the system's */
  readonly clock?: Clock;
  /** Results whose JSON text takes more lie in files. @default 262 144 (256 KiB) */
  readonly maxInlineBytes?: number;
  /** @default 5000 */
  readonly heartbeatMs?: number;
  /** A host whose heartbeat stands still for so long is taken for gone; several heartbeats at least. @default 30 000 */
  readonly expiryMs?: number;
  /** How long others may hold the database before a call fails; the event loop goes on meanwhile. @default 10 000 */
  readonly busyTimeoutMs?: number;
  /**
   * `normal`: what was acknowledged survives the death of the process, not always that of the machine. `full`: that one too, for
   * one flush of the disk per turn of the event loop in which something is written. @default "normal"
   */
  readonly synchronous?: "normal" | "full";
  /** Which process this host is. @default this one */
  readonly identity?: HostIdentity;
}

/** Jobs from which on pruning is worth a thread; fewer take a handful of steps of a few milliseconds each. */
const PRUNED_BY_THREAD = 2000;

/**
 * Jobs and compositions in `jobs.db`, for several hosts at a time.
 *
 * **Speed.** A submit and a claim are one statement each, a settlement two, and all statements of one turn of the event loop are one
 * transaction. Promises settle after its commit. A commit that fails rejects all of its turn and changes nothing, in memory or
 * on disk.
 *
 * **Ownership.** An open store is a host: a row with the identity of its process and a counter that beats. A job that is not
 * over names its host, and only that host can claim or end it. Who is gone is told by `isHostGone`: by the process where it can
 * be seen, else by a heartbeat that stands still; no wall clock decides over a host of this boot. A host whose row is gone has
 * lost everything, in the same transaction in which another took it: it notices with its next write, gets a new row under a new
 * id, and all leases of the old id are void. So a judgement that was wrong (a host that was merely stopped) may make a job run
 * twice, but never lets two hosts end it, and the host that was wronged goes on with new work. Its old jobs it gets back by
 * `adopt`, like everybody, as far as nobody else took them.
 *
 * **Results** of more than `maxInlineBytes` are files, complete and flushed before the commit that names them.
 *
 * Every method throws CjmError CJM_STORE_FAILED when the file is damaged, full, read-only, or held by others for too long; what
 * was committed stays.
 */
export class SqliteJobStore implements JobStore, AsyncDisposable {
  readonly durable = true;
  readonly path: string;
  readonly #file: DatabaseFile;
  readonly #clock: Clock;
  readonly #maxInlineBytes: number;
  readonly #hosts: HostRows;
  readonly #watch: HostWatch;
  readonly #turns: TurnTransactions;
  readonly #checkpoint: WalCheckpoint;
  readonly #heartbeat: HostHeartbeat;
  readonly #writes: JobWrites;
  readonly #reads: JobReads;
  readonly #results: ResultFiles;
  #hostId: number;
  #closed: Promise<void> | null = null;

  private constructor(file: DatabaseFile, options: JobStoreOptions) {
    const { clock = systemClock, heartbeatMs = 5000, expiryMs = 30_000, busyTimeoutMs = 10_000, identity: self = ownIdentity() } = options;
    this.path = file.path;
    this.#file = file;
    this.#clock = clock;
    this.#maxInlineBytes = options.maxInlineBytes ?? 256 * 1024;
    this.#writes = new JobWrites(file);
    this.#results = new ResultFiles(options.resultsFolder);
    const hosts = new HostRows(file);
    this.#hosts = hosts;
    this.#reads = new JobReads({ file, hosts, results: this.#results, busyTimeoutMs });
    this.#watch = new HostWatch({ clock, self, heartbeatMs, expiryMs });
    const seen = file.write(() => {
      const hostId = hosts.add(self, clock.now());
      return { hostId, rows: hosts.all(), lastId: hosts.lastId() };
    });
    this.#hostId = seen.hostId;
    this.#watch.goneAmong(seen.rows);
    this.#checkpoint = new WalCheckpoint(file);
    this.#turns = new TurnTransactions({
      file,
      busyTimeoutMs,
      begin: () => (hosts.has(this.#hostId) ? this.#hostId : hosts.add(self, clock.now())),
      committed: (hostId) => {
        this.#checkpoint.committed();
        this.#becomes(hostId);
      },
    });
    this.#heartbeat = new HostHeartbeat({ hosts, watch: this.#watch, turns: this.#turns, clock, heartbeatMs }, seen);
  }

  /**
   * Opens the file, making it when it is missing, and becomes one of its hosts.
   * @throws CjmError CJM_STORE_FAILED, also for a file that a later version of cjm wrote
   */
  static open(path: string, options: JobStoreOptions): SqliteJobStore {
    const file = openJobsFile(path);
    try {
      if (options.synchronous === "full") file.read(() => file.prepare("PRAGMA synchronous = FULL").run());
      const store = new SqliteJobStore(file, options);
      // From here on nobody waits on the event loop: whoever finds the file busy tries again later.
      file.waitAtMost(0);
      return store;
    } catch (error) {
      file[Symbol.dispose]();
      throw error;
    }
  }

  async submit({ jobs, rows = [], compositions = [] }: Parameters<JobStore["submit"]>[0]): Promise<void> {
    if (jobs.length + rows.length + compositions.length === 0) return;
    await this.#turns.add(this.#writes.submit({ jobs, rows, compositions }, this.#nowMs()));
  }

  async claim(jobIds: readonly string[]): Promise<readonly JobLease[]> {
    return jobIds.length === 0 ? [] : await this.#turns.add(this.#writes.claim(jobIds, this.#nowMs()));
  }

  /** Leases do not run out while their host is there: `renewEveryMs` is null. */
  async renew({ jobId, token }: JobLease): Promise<boolean> {
    return await this.#reads.isLeased(jobId, token, this.#hostId);
  }

  /** When it ended is kept to the fraction of a millisecond: whoever goes on with a composition must know what ended first. */
  async settle(settlement: JobSettlement, rows: readonly LedgerRow[]): Promise<boolean> {
    const { jobId, status, result } = settlement;
    const text = status !== "completed" || result === null ? null : jsonText(result, "The result of job", jobId);
    if (text === null || !this.#isLarge(text))
      return await this.#turns.add(this.#writes.settle(settlement, { text, file: null }, rows, this.#clock.now()));
    const file = await this.#results.write(text, this.#hostId);
    // After a commit that failed the file stays for `prune`: that it failed is certain only here, not on the disk.
    const isTaken = await this.#turns.add(this.#writes.settle(settlement, { text: null, file }, rows, this.#clock.now()));
    if (!isTaken) await this.#results.remove(file);
    return isTaken;
  }

  async setPriority(jobId: string, priority: number): Promise<void> {
    await this.#turns.add(this.#writes.setPriority(jobId, priority));
  }

  /** Anyone may ask for a cancellation; only the host that a composition belongs to can end it, others are ignored. */
  async updateComposition(compositionId: string, change: Parameters<JobStore["updateComposition"]>[1]): Promise<void> {
    await this.#turns.add(this.#writes.updateComposition(compositionId, change, this.#nowMs()));
  }

  /** One transaction: all of it is this host's, or none. Members that compositions left open when they ended are cancelled by it. */
  async adopt(instanceIds: readonly string[]): Promise<AdoptedWork> {
    const { work, goneIds } = await this.#turns.add((hostId) => {
      const others = this.#hosts.all().filter((row) => row.hostId !== hostId);
      const goneIds = this.#watch.goneAmong(others).map((row) => row.hostId);
      for (const goneId of goneIds) this.#hosts.remove(goneId);
      const orphanIds = this.#hosts.orphanIds();
      return { goneIds, work: adoptOrphans(this.#file, { hostId, orphanIds, instanceIds, nowMs: this.#nowMs() }) };
    });
    this.#heartbeat.forget(goneIds);
    return work;
  }

  /** What is not over and belongs to hosts that are gone; it stays theirs until somebody adopts it. */
  async leftBehind(): Promise<OpenIds> {
    const { gone, orphans } = this.#file.read(() => {
      const others = this.#hosts.all().filter((row) => row.hostId !== this.#hostId);
      return { gone: this.#watch.goneAmong(others).map((row) => row.hostId), orphans: this.#hosts.orphanIds() };
    });
    return await this.#reads.openOf([...gone, ...orphans]);
  }

  async members(compositionId: string): ReturnType<JobStore["members"]> {
    return await this.#reads.members(compositionId);
  }

  async find(jobId: string): Promise<StoredJob | null> {
    return await this.#reads.find(jobId);
  }

  async list(query: JobQuery): Promise<readonly StoredJob[]> {
    return await this.#reads.list(query);
  }

  async findComposition(compositionId: string): Promise<StoredComposition | null> {
    return await this.#reads.findComposition(compositionId);
  }

  async listCompositions(query: Parameters<JobStore["listCompositions"]>[0]): Promise<readonly StoredComposition[]> {
    return await this.#reads.listCompositions(query);
  }

  /** Rows that extensions had committed with jobs, in order. */
  async ledger(query: LedgerQuery = {}): Promise<readonly StoredLedgerRow[]> {
    return await this.#reads.ledger(query);
  }

  onWake(fn: () => void): () => void {
    return this.#heartbeat.onWake(fn);
  }

  /**
   * When the job ended that was submitted before all others that ended and are known, Unix milliseconds; null: none ended. One
   * step, where `prune` walks through everything: as long as this one is young, little can be old.
   */
  async firstEndedAt(): Promise<number | null> {
    return await this.#reads.firstEndedAt();
  }

  /**
   * Forgets jobs and compositions that ended longer ago than that, with their results; members go with their composition. Rows of
   * extensions go when they are older than that and than everything that is not over. In small steps, and on a thread of its own
   * when there is much to look at.
   * @throws CjmError CJM_STORE_FAILED
   */
  async prune({ olderThanMs }: { readonly olderThanMs: number }): Promise<PruneReport> {
    const limits = { resultsFolder: this.#results.folder, endedBeforeMs: this.#nowMs() - olderThanMs };
    const { first, last } = await this.#reads.endings();
    if (last - first < PRUNED_BY_THREAD) return await pruneFile(this.#file, limits);
    return await pruneInBackground({ path: this.path, ...limits });
  }

  /** Writes what is under way, and leaves what is not over to whoever adopts it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  async #close(): Promise<void> {
    this.#heartbeat.end();
    try {
      await this.#turns.add((hostId) => this.#hosts.remove(hostId));
    } catch {
      // The row stays; when this process ends, everyone sees that it is gone.
    }
    this.#checkpoint[Symbol.dispose]();
    this.#file[Symbol.dispose]();
  }

  #becomes(hostId: number): void {
    if (hostId === this.#hostId) return;
    this.#hostId = hostId;
    this.#heartbeat.wake();
  }

  #isLarge(text: string): boolean {
    // No character takes more than three bytes per unit of length.
    return text.length * 3 > this.#maxInlineBytes && Buffer.byteLength(text) > this.#maxInlineBytes;
  }

  #nowMs(): number {
    return Math.round(this.#clock.now());
  }
}
