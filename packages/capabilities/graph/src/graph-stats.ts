import { CapabilityInputError } from "@cjm/capability";
import type Database from "better-sqlite3";

export interface GraphStats {
  readonly documents: number;
  readonly nodes: Record<string, number>;
  readonly edges: Record<string, number>;
  /** Addresses that documents link to and that no document of the graph has. */
  readonly pendingLinks: number;
  readonly runs: number;
}

export function graphStats(database: Database.Database): GraphStats {
  const byKind = (table: "nodes" | "edges"): Record<string, number> =>
    Object.fromEntries(
      database
        .prepare<[], { kind: string; count: number }>(`SELECT kind, count(*) AS count FROM ${table} GROUP BY kind ORDER BY kind`)
        .all()
        .map(({ kind, count }) => [kind, count]),
    );
  const count = (sql: string): number => database.prepare<[], { count: number }>(sql).get()?.count ?? 0;
  return {
    documents: count("SELECT count(*) AS count FROM documents"),
    nodes: byKind("nodes"),
    edges: byKind("edges"),
    pendingLinks: count("SELECT count(*) AS count FROM pending_links"),
    runs: count("SELECT count(DISTINCT run_id) AS count FROM document_runs"),
  };
}

export interface Neighbour {
  readonly id: string;
  readonly kind: string;
  readonly label: string;
  readonly distance: number;
}

/**
 * Nodes within `depth` steps of one, along edges in either direction, nearest first.
 * @throws CapabilityInputError when there is no such node
 */
export function neighbours(database: Database.Database, id: string, depth: number, limit: number): Neighbour[] {
  if (database.prepare("SELECT 1 FROM nodes WHERE id = ?").get(id) === undefined)
    throw new CapabilityInputError(`There is no node '${id}'. 'search' gives the documents, 'export' the names of all nodes.`, {
      fields: ["id"],
    });
  return database
    .prepare<[string, number, string, number], Neighbour>(
      `WITH RECURSIVE reached(id, distance) AS (
         VALUES (?, 0)
         UNION
         SELECT CASE WHEN e.source = r.id THEN e.target ELSE e.source END, r.distance + 1
         FROM reached r JOIN edges e ON e.source = r.id OR e.target = r.id WHERE r.distance < ?
       )
       SELECT n.id AS id, n.kind AS kind, n.label AS label, min(r.distance) AS distance FROM reached r JOIN nodes n ON n.id = r.id
       WHERE n.id <> ? GROUP BY n.id ORDER BY distance, n.label LIMIT ?`,
    )
    .all(id, depth, id, limit);
}
