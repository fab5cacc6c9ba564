import type { AdoptedWork } from "@cjm/core";
import type { DatabaseFile } from "../database-file.ts";
import { COMPOSITION_COLUMNS, type CompositionRow, storedComposition } from "./composition-rows.ts";
import { type JobRow, OPEN_JOB_COLUMNS, storedJob } from "./job-rows.ts";

interface Adoption {
  /** Who adopts. */
  readonly hostId: number;
  /** Hosts that have no row any more. */
  readonly orphanIds: readonly number[];
  readonly instanceIds: readonly string[];
  /** Unix milliseconds. */
  readonly nowMs: number;
}

/** What ran waits again. That it ran is remembered until it is claimed, however many hosts die before. */
const TAKE_JOBS = `UPDATE jobs SET host_id = ?, status = 'pending', lease = NULL,
  was_running = (was_running OR status = 'running'), interruptions = interruptions + (status = 'running')`;

const OF_ORPHANS = "host_id IN (SELECT value FROM json_each(?))";
const LEFT_OPEN = `${OF_ORPHANS}
  AND EXISTS (SELECT 1 FROM compositions AS c WHERE c.composition_id = jobs.composition_id AND c.host_id IS NULL)`;

/**
 * Takes the work of orphans, inside a transaction. Of a composition that is over nobody waits for what it left open: that is
 * cancelled. Of one that was never stored the jobs stand for themselves.
 * @throws CjmError CJM_STORE_FAILED when a row is damaged; then nothing may be committed
 */
export function adoptOrphans(file: DatabaseFile, { hostId, orphanIds, instanceIds, nowMs }: Adoption): AdoptedWork {
  if (orphanIds.length === 0) return { jobs: [], compositions: [] };
  const orphans = JSON.stringify(orphanIds);
  const instances = JSON.stringify(instanceIds);
  file.prepare(`INSERT INTO endings (seq, ended_at) SELECT seq, ? FROM jobs WHERE ${LEFT_OPEN}`).run(Math.round(nowMs), orphans);
  file.prepare(`UPDATE jobs SET status = 'cancelled', host_id = NULL, lease = NULL WHERE ${LEFT_OPEN}`).run(orphans);
  const compositions = file
    .prepare<CompositionRow>(
      `UPDATE compositions SET host_id = ? WHERE ${OF_ORPHANS} AND NOT EXISTS (
         SELECT 1 FROM json_each(compositions.instance_ids) AS needed WHERE needed.value NOT IN (SELECT value FROM json_each(?)))
       RETURNING ${COMPOSITION_COLUMNS}`,
    )
    .all(hostId, orphans, instances);
  const adopted = JSON.stringify(compositions.map((row) => row.composition_id));
  file.prepare(`${TAKE_JOBS} WHERE composition_id IN (SELECT value FROM json_each(?)) AND ${OF_ORPHANS}`).run(hostId, adopted, orphans);
  const jobs = file
    .prepare<JobRow>(
      `${TAKE_JOBS} WHERE ${OF_ORPHANS} AND instance_id IN (SELECT value FROM json_each(?))
         AND NOT EXISTS (SELECT 1 FROM compositions AS c WHERE c.composition_id = jobs.composition_id)
       RETURNING ${OPEN_JOB_COLUMNS}`,
    )
    .all(hostId, orphans, instances);
  return {
    jobs: jobs.sort((a, b) => a.seq - b.seq).map((row) => ({ job: storedJob(row), wasRunning: row.was_running !== 0 })),
    compositions: compositions.sort((a, b) => a.seq - b.seq).map(storedComposition),
  };
}
