import { setImmediate as nextTurn } from "node:timers/promises";
import type {
  JobQuery,
  JobStatus,
  JsonObject,
  JsonValue,
  LedgerRow,
  StoredComposition,
  StoredCompositionStatus,
  StoredJob,
} from "@cjm/core";
import { whenFree } from "../busy.ts";
import type { DatabaseFile } from "../database-file.ts";
import { type Condition, whereClause } from "../where-clause.ts";
import { COMPOSITION_COLUMNS, type CompositionRow, storedComposition } from "./composition-rows.ts";
import type { HostRows } from "./host-rows.ts";
import { JOB_COLUMNS, JOBS_WITH_ENDINGS, type JobRow, parse, storedJob } from "./job-rows.ts";
import { type NewestFirst, newestFirst } from "./newest-first.ts";
import { type Places, placesOfEndings } from "./prune-jobs.ts";
import { type ResultFiles, resultFailed } from "./result-files.ts";

export interface LedgerQuery {
  readonly kind?: string;
  readonly afterSeq?: number;
  /** @default all */
  readonly limit?: number;
}

export interface StoredLedgerRow extends LedgerRow {
  /** Goes up from row to row. */
  readonly seq: number;
  /** Unix milliseconds. */
  readonly writtenAt: number;
}

export interface OpenIds {
  readonly jobIds: readonly string[];
  readonly compositionIds: readonly string[];
}

interface ReadParts {
  readonly file: DatabaseFile;
  readonly hosts: HostRows;
  readonly results: ResultFiles;
  readonly busyTimeoutMs: number;
}

interface ResultRow extends JobRow {
  readonly result: string | null;
  readonly result_file: string | null;
}

const DEFAULT_LIMIT = 100;
/** Members of one step, so that the event loop goes on while a large composition is read. */
const MEMBERS_PER_STEP = 200;

/** Everything that is asked of the job store. Every method throws CjmError CJM_STORE_FAILED. */
export class JobReads {
  readonly #parts: ReadParts;

  constructor(parts: ReadParts) {
    this.#parts = parts;
  }

  async find(jobId: string): Promise<StoredJob | null> {
    const sql = `SELECT ${JOB_COLUMNS}, result, result_file FROM ${JOBS_WITH_ENDINGS} WHERE job_id = ?`;
    const [row] = await this.#all<ResultRow>(sql, [jobId]);
    return row === undefined ? null : await this.#withResult(row);
  }

  /** Whether the host still holds that lease. */
  async isLeased(jobId: string, token: string, hostId: number): Promise<boolean> {
    const sql = `SELECT 1 FROM jobs JOIN hosts USING (host_id) WHERE job_id = ? AND lease = ? AND host_id = ? AND status = 'running'`;
    return (await this.#all(sql, [jobId, token, hostId])).length > 0;
  }

  async members(compositionId: string): Promise<readonly { readonly job: StoredJob; readonly wasRunning: boolean }[]> {
    const sql = `SELECT ${JOB_COLUMNS}, result, result_file FROM ${JOBS_WITH_ENDINGS} WHERE composition_id = ? AND seq > ? ORDER BY seq LIMIT ?`;
    const members: { job: StoredJob; wasRunning: boolean }[] = [];
    for (let afterSeq = -1; ; ) {
      const rows = await this.#all<ResultRow>(sql, [compositionId, afterSeq, MEMBERS_PER_STEP]);
      for (const row of rows) {
        const job = await this.#withResult(row);
        if (job !== null) members.push({ job, wasRunning: row.was_running !== 0 });
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < MEMBERS_PER_STEP) return members;
      afterSeq = last.seq;
      await nextTurn();
    }
  }

  async list({ status, instanceId, compositionId, runId, limit = DEFAULT_LIMIT }: JobQuery): Promise<readonly StoredJob[]> {
    const conditions: readonly Condition[] = [
      ["status = ?", status],
      ["instance_id = ?", instanceId],
      ["run_id = ?", runId],
    ];
    const rows: JobRow[] = [];
    for (const within of await this.#scopes(status, compositionId)) {
      rows.push(...(await this.#newestFirst<JobRow>(JOBS_WITH_ENDINGS, JOB_COLUMNS, { within, conditions, limit })));
    }
    return rows
      .sort((a, b) => b.seq - a.seq)
      .slice(0, limit)
      .map((row) => storedJob(row));
  }

  /** Ids of what is not over and belongs to one of these hosts. */
  async openOf(hostIds: readonly number[]): Promise<OpenIds> {
    const owners = [JSON.stringify(hostIds)];
    const of = (columns: string): string => `SELECT ${columns} WHERE host_id IN (SELECT value FROM json_each(?))`;
    const jobs = await this.#all<{ id: string }>(of("job_id AS id FROM jobs"), owners);
    const compositions = await this.#all<{ id: string }>(of("composition_id AS id FROM compositions"), owners);
    return { jobIds: jobs.map(({ id }) => id), compositionIds: compositions.map(({ id }) => id) };
  }

  async findComposition(compositionId: string): Promise<StoredComposition | null> {
    const sql = `SELECT ${COMPOSITION_COLUMNS} FROM compositions WHERE composition_id = ?`;
    const [row] = await this.#all<CompositionRow>(sql, [compositionId]);
    return row === undefined ? null : storedComposition(row);
  }

  async listCompositions({
    status,
    limit = DEFAULT_LIMIT,
  }: {
    readonly status?: StoredCompositionStatus;
    readonly limit?: number;
  }): Promise<readonly StoredComposition[]> {
    const conditions: readonly Condition[] = [["status = ?", status]];
    const rows = await this.#newestFirst<CompositionRow>("compositions", COMPOSITION_COLUMNS, { within: undefined, conditions, limit });
    return rows.map(storedComposition);
  }

  async ledger({ kind, afterSeq, limit = -1 }: LedgerQuery): Promise<readonly StoredLedgerRow[]> {
    const where = whereClause([
      ["kind = ?", kind],
      ["seq > ?", afterSeq],
    ]);
    const rows = await this.#all<{ seq: number; kind: string; written_at: number; data: string }>(
      `SELECT seq, kind, written_at, data FROM ledger ${where.sql} ORDER BY seq LIMIT ?`,
      [...where.values, limit],
    );
    return rows.map((row) => ({
      seq: row.seq,
      kind: row.kind,
      data: parse<JsonObject>(row.data, `ledger row ${row.seq}`),
      writtenAt: row.written_at,
    }));
  }

  /** When the job of the first ending ended, Unix milliseconds; null: there is none. */
  async firstEndedAt(): Promise<number | null> {
    const sql = "SELECT ended_at FROM endings ORDER BY seq LIMIT 1";
    return await this.#read(() => this.#parts.file.prepare<{ ended_at: number }>(sql).get()?.ended_at ?? null);
  }

  /** Where the table of endings begins and ends. */
  async endings(): Promise<Places> {
    return await this.#read(() => placesOfEndings(this.#parts.file));
  }

  /** What an index leaves of all jobs: those of a composition, or, for jobs that are not over, those of each host. */
  async #scopes(status: JobStatus | undefined, compositionId: string | undefined): Promise<readonly (Condition | undefined)[]> {
    if (compositionId !== undefined) return [["composition_id = ?", compositionId]];
    if (status !== "pending" && status !== "running") return [undefined];
    const owners = await this.#read(() => this.#parts.hosts.ownersOfJobs());
    return owners.map((hostId): Condition => ["host_id = ?", hostId]);
  }

  /** Null: it was forgotten meanwhile. */
  async #withResult(row: ResultRow): Promise<StoredJob | null> {
    const text = row.result_file === null ? row.result : await this.#fileText(row.job_id, row.result_file);
    if (text === undefined) return null;
    return storedJob(row, text === null ? null : parse<JsonValue>(text, row.job_id));
  }

  async #fileText(jobId: string, name: string): Promise<string | undefined> {
    const text = await this.#parts.results.read(name);
    if (text !== null) return text;
    const [row] = await this.#all("SELECT 1 FROM jobs WHERE job_id = ?", [jobId]);
    if (row === undefined) return undefined;
    throw resultFailed(name, "found", new Error(`the result of job ${jobId} is not in ${this.#parts.results.folder}`));
  }

  #newestFirst<Row>(
    table: NewestFirst["table"],
    columns: string,
    query: { readonly within: Condition | undefined; readonly conditions: readonly Condition[]; readonly limit: number },
  ): Promise<readonly Row[]> {
    const { file, busyTimeoutMs } = this.#parts;
    return newestFirst<Row>(file, { table, columns, ...query, busyTimeoutMs });
  }

  #all<Row>(sql: string, values: readonly (string | number)[]): Promise<readonly Row[]> {
    return this.#read(() => this.#parts.file.prepare<Row>(sql).all(...values));
  }

  #read<T>(use: () => T): Promise<T> {
    const { file, busyTimeoutMs } = this.#parts;
    return whenFree(() => file.read(use), busyTimeoutMs);
  }
}
