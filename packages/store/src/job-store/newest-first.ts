import { setImmediate as nextTurn } from "node:timers/promises";
import { whenFree } from "../busy.ts";
import type { DatabaseFile } from "../database-file.ts";
import { type Condition, whereClause } from "../where-clause.ts";
import type { JOBS_WITH_ENDINGS } from "./job-rows.ts";

export interface NewestFirst {
  readonly table: typeof JOBS_WITH_ENDINGS | "compositions";
  readonly columns: string;
  /** A condition that an index answers: only what it leaves is walked through. Undefined: everything. */
  readonly within: Condition | undefined;
  readonly conditions: readonly Condition[];
  readonly limit: number;
  readonly busyTimeoutMs: number;
}

/** Places of one step: about a millisecond when none of them matches. */
const STEP = 1000;

/**
 * The newest rows that match, walking back from the end in steps between which the event loop goes on: the tables have no index
 * for most of what may be asked, as every job would pay for it.
 * @throws CjmError CJM_STORE_FAILED
 */
export async function newestFirst<Row>(file: DatabaseFile, query: NewestFirst): Promise<readonly Row[]> {
  const { table, columns, within, conditions, limit, busyTimeoutMs } = query;
  const read = <T>(use: () => T): Promise<T> => whenFree(() => file.read(use), busyTimeoutMs);
  const scope = whereClause(within === undefined ? [] : [within]);
  const end = (which: "min" | "max"): Promise<number | null> => {
    const sql = `SELECT ${which}(seq) AS seq FROM ${table} ${scope.sql}`;
    return read(() => file.prepare<{ seq: number | null }>(sql).get(...scope.values)?.seq ?? null);
  };
  const first = await end("min");
  const last = await end("max");
  const found: Row[] = [];
  if (first === null || last === null) return found;
  for (let seq = last; seq >= first && found.length < limit; seq -= STEP) {
    const where = whereClause([...(within === undefined ? [] : [within]), ...conditions, ["seq <= ?", seq], ["seq > ?", seq - STEP]]);
    const sql = `SELECT ${columns} FROM ${table} ${where.sql} ORDER BY seq DESC LIMIT ?`;
    found.push(...(await read(() => file.prepare<Row>(sql).all(...where.values, limit - found.length))));
    await nextTurn();
  }
  return found;
}
