export type Condition = readonly [sql: string, value: string | number | undefined];

export interface WhereClause {
  /** Empty, or `WHERE` and what must all hold. */
  readonly sql: string;
  /** In the order of their placeholders. */
  readonly values: readonly (string | number)[];
}

/** Joins the conditions that have a value. */
export function whereClause(conditions: readonly Condition[]): WhereClause {
  const given = conditions.filter((condition): condition is readonly [string, string | number] => condition[1] !== undefined);
  return {
    sql: given.length === 0 ? "" : `WHERE ${given.map(([sql]) => sql).join(" AND ")}`,
    values: given.map(([, value]) => value),
  };
}
