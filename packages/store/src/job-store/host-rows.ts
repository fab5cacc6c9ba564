import type { DatabaseFile } from "../database-file.ts";
import type { HostIdentity } from "./host-identity.ts";
import type { HostRow } from "./host-watch.ts";

interface Row {
  readonly host_id: number;
  readonly pid: number;
  readonly start_ticks: number | null;
  readonly boot_id: string | null;
  readonly pid_namespace: string | null;
  readonly beat: number;
  readonly beat_at: number;
}

/** The table of hosts; every method belongs inside a transaction. A host id is never given twice, not even after its row went. */
export class HostRows {
  readonly #file: DatabaseFile;

  constructor(file: DatabaseFile) {
    this.#file = file;
  }

  add({ pid, startTicks, bootId, pidNamespace }: HostIdentity, nowMs: number): number {
    const sql = "INSERT INTO hosts (pid, start_ticks, boot_id, pid_namespace, beat, beat_at) VALUES (?, ?, ?, ?, 0, ?)";
    return Number(this.#file.prepare(sql).run(pid, startTicks, bootId, pidNamespace, Math.round(nowMs)).lastInsertRowid);
  }

  has(hostId: number): boolean {
    return this.#file.prepare("SELECT 1 FROM hosts WHERE host_id = ?").get(hostId) !== undefined;
  }

  beat(hostId: number, nowMs: number): void {
    this.#file.prepare("UPDATE hosts SET beat = beat + 1, beat_at = ? WHERE host_id = ?").run(Math.round(nowMs), hostId);
  }

  remove(hostId: number): void {
    this.#file.prepare("DELETE FROM hosts WHERE host_id = ?").run(hostId);
  }

  all(): readonly HostRow[] {
    const rows = this.#file.prepare<Row>("SELECT * FROM hosts ORDER BY host_id").all();
    return rows.map((row) => ({
      hostId: row.host_id,
      pid: row.pid,
      startTicks: row.start_ticks,
      bootId: row.boot_id,
      pidNamespace: row.pid_namespace,
      beat: row.beat,
      beatAt: row.beat_at,
    }));
  }

  /** The latest id that was given to anyone. */
  lastId(): number {
    return this.#file.prepare<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'hosts'").get()?.seq ?? 0;
  }

  /** Whose open jobs there are. Reads one index entry for each, not one for each job. */
  ownersOfJobs(): readonly number[] {
    const sql = `
WITH RECURSIVE owners(id) AS (
  SELECT min(host_id) FROM jobs WHERE host_id IS NOT NULL
  UNION
  SELECT (SELECT min(host_id) FROM jobs WHERE host_id > owners.id) FROM owners WHERE id IS NOT NULL
)
SELECT id FROM owners WHERE id IS NOT NULL`;
    return this.#file
      .prepare<{ id: number }>(sql)
      .all()
      .map(({ id }) => id);
  }

  /** Ids of hosts whose row went while they had open work. */
  orphanIds(): readonly number[] {
    const ofCompositions = this.#file
      .prepare<{ id: number }>("SELECT DISTINCT host_id AS id FROM compositions WHERE host_id IS NOT NULL")
      .all()
      .map(({ id }) => id);
    return [...new Set([...this.ownersOfJobs(), ...ofCompositions])].filter((id) => !this.has(id));
  }
}
