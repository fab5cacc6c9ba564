import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { whenFree } from "../busy.ts";
import type { DatabaseFile } from "../database-file.ts";
import { openJobsFile } from "./jobs-file.ts";

export interface PruneLimits {
  readonly resultsFolder: string;
  /** Unix milliseconds; what ended before goes. */
  readonly endedBeforeMs: number;
}

export interface PruneTask extends PruneLimits {
  readonly path: string;
}

export interface PruneReport {
  readonly jobs: number;
  readonly compositions: number;
  /** Of extensions. */
  readonly ledgerRows: number;
  /** Files of forgotten results, and those that a host left behind when it died before its commit. */
  readonly files: number;
}

interface OldEnding {
  readonly seq: number;
  readonly result_file: string | null;
}

/** Rows of one transaction: those who write meanwhile wait no longer than that takes. */
const ROWS_PER_STEP = 250;
/** Between transactions, so that those who wait get their turn. */
const PAUSE_MS = 2;
/** How long others may hold the file. */
const BUSY_TIMEOUT_MS = 10_000;

/** A composition goes with its members, so none goes before they are all over. */
const OLD_COMPOSITIONS = `SELECT seq FROM compositions AS c WHERE c.host_id IS NULL AND c.ended_at < ?
  AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.composition_id = c.composition_id AND jobs.host_id IS NOT NULL) LIMIT ?`;
/** What a composition that is still known has done is part of it. */
const OLD_ENDINGS = `SELECT seq, result_file FROM endings WHERE seq >= ? AND seq < ? AND ended_at < ?
  AND NOT EXISTS (SELECT 1 FROM jobs JOIN compositions USING (composition_id) WHERE jobs.seq = endings.seq)`;
const OLDEST_OPEN = `SELECT min(at) AS at FROM (
  SELECT json_extract(spec, '$.submittedAt') AS at FROM jobs WHERE host_id IS NOT NULL
  UNION ALL SELECT json_extract(composition, '$.submittedAt') FROM compositions WHERE host_id IS NOT NULL)`;

/**
 * Forgets jobs and compositions that ended before, their results, and rows of extensions that are older than that and than
 * everything that is still open. Freed pages are used again; the file does not shrink.
 * @throws CjmError CJM_STORE_FAILED
 */
export async function pruneJobs({ path, ...limits }: PruneTask): Promise<PruneReport> {
  using file = openJobsFile(path);
  return await pruneFile(file, limits);
}

/** The same in a file that is open. */
export async function pruneFile(file: DatabaseFile, { resultsFolder, endedBeforeMs }: PruneLimits): Promise<PruneReport> {
  const compositions = await inSteps(file, () => {
    return file.prepare(`DELETE FROM compositions WHERE seq IN (${OLD_COMPOSITIONS})`).run(endedBeforeMs, ROWS_PER_STEP).changes;
  });
  const forgotten = await pruneEndedJobs(file, endedBeforeMs, (name) => removeFile(resultsFolder, name));
  const oldestOpenMs = await read(file, () => file.prepare<{ at: number | null }>(OLDEST_OPEN).get()?.at ?? endedBeforeMs);
  const olderThanMs = Math.min(endedBeforeMs, oldestOpenMs);
  const ledgerRows = await inSteps(file, () => {
    const sql = "DELETE FROM ledger WHERE seq IN (SELECT seq FROM ledger WHERE written_at < ? LIMIT ?)";
    return file.prepare(sql).run(olderThanMs, ROWS_PER_STEP).changes;
  });
  return { jobs: forgotten.jobs, compositions, ledgerRows, files: forgotten.files + (await sweepFiles(file, resultsFolder)) };
}

/** Where a table begins and ends; whatever lies between may be taken or not. */
export interface Places {
  readonly first: number;
  readonly last: number;
}

export function placesOfEndings(file: DatabaseFile): Places {
  const sql = "SELECT (SELECT min(seq) FROM endings) AS first, (SELECT max(seq) FROM endings) AS last";
  const ends = file.prepare<{ first: number | null; last: number | null }>(sql).get();
  return { first: ends?.first ?? 0, last: ends?.last ?? -1 };
}

/** Walks through all endings: they have no index by time, which every job would pay for. */
async function pruneEndedJobs(
  file: DatabaseFile,
  endedBeforeMs: number,
  removeResult: (name: string) => number,
): Promise<{ readonly jobs: number; readonly files: number }> {
  const { first, last } = await read(file, () => placesOfEndings(file));
  let jobs = 0;
  let files = 0;
  for (let seq = first; seq <= last; seq += ROWS_PER_STEP) {
    const old = (): readonly OldEnding[] => file.prepare<OldEnding>(OLD_ENDINGS).all(seq, seq + ROWS_PER_STEP, endedBeforeMs);
    // Steps without anything to delete do not stop those who write.
    if ((await read(file, old)).length === 0) continue;
    const forgotten = await write(file, () => {
      const rows = old();
      const seqs = JSON.stringify(rows.map((row) => row.seq));
      for (const table of ["endings", "jobs"]) {
        file.prepare(`DELETE FROM ${table} WHERE seq IN (SELECT value FROM json_each(?))`).run(seqs);
      }
      return rows;
    });
    jobs += forgotten.length;
    for (const { result_file: name } of forgotten) if (name !== null) files += removeResult(name);
    await pause(PAUSE_MS);
  }
  return { jobs, files };
}

/** Removes files that no job names and whose writer is gone: it died before its commit, or forgot them before it removed them. */
async function sweepFiles(file: DatabaseFile, folder: string): Promise<number> {
  // Names before hosts: a host has its row before it writes its first file.
  const names = namesIn(folder);
  const hosts = await read(file, () => file.prepare<{ host_id: number }>("SELECT host_id FROM hosts").all());
  const alive = new Set(hosts.map(({ host_id: id }) => String(id)));
  let removed = 0;
  for (const name of names) {
    const [, hostId, extension] = /^(\d+)-\d+\.json(\.tmp)?$/.exec(name) ?? [];
    if (hostId === undefined || alive.has(hostId)) continue;
    const isWhole = extension === undefined;
    const row = isWhole ? await read(file, () => file.prepare("SELECT 1 FROM endings WHERE result_file = ?").get(name)) : undefined;
    if (row === undefined) removed += removeFile(folder, name);
  }
  return removed;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Made with the first large result.
    return [];
  }
}

/** @returns how many went; what cannot be removed now is swept the next time */
function removeFile(folder: string, name: string): number {
  try {
    rmSync(join(folder, name));
    return 1;
  } catch {
    return 0;
  }
}

async function inSteps(file: DatabaseFile, step: () => number): Promise<number> {
  let rows = 0;
  for (let changed = await write(file, step); changed > 0; changed = await write(file, step)) {
    rows += changed;
    await pause(PAUSE_MS);
  }
  return rows;
}

function read<T>(file: DatabaseFile, use: () => T): Promise<T> {
  return whenFree(() => file.read(use), BUSY_TIMEOUT_MS);
}

function write<T>(file: DatabaseFile, use: () => T): Promise<T> {
  return whenFree(() => file.write(use), BUSY_TIMEOUT_MS);
}
