import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import Database from "better-sqlite3";
import { encodeXML } from "entities";
import { writeWhole } from "./write-whole.ts";

interface NodeRow {
  readonly id: string;
  readonly kind: string;
  readonly label: string;
  readonly document_id: string | null;
  readonly content_hash: string;
  readonly job_id: string | null;
  readonly run_id: string | null;
  readonly created_at: string;
}

interface EdgeRow extends Omit<NodeRow, "id" | "label"> {
  readonly source: string;
  readonly target: string;
  readonly weight: number;
  readonly count: number;
}

export interface Exported {
  readonly path: string;
  readonly nodes: number;
  readonly edges: number;
}

/**
 * Writes all nodes and edges with their provenance, row by row, as they stand when it is called; the file appears when it is whole.
 * It reads over a connection of its own: a connection that hands out rows can write nothing until the last one.
 */
export async function exportGraph(
  database: Database.Database,
  format: "json" | "graphml",
  path: string,
  signal?: AbortSignal,
): Promise<Exported> {
  const counts = { nodes: 0, edges: 0 };
  const reader = new Database(database.name, { readonly: true, timeout: 10_000 });
  try {
    reader.exec("BEGIN");
    // The moment that a transaction shows is the one of its first read.
    reader.prepare("SELECT 1 FROM nodes LIMIT 1").get();
    const lines = format === "json" ? jsonLines(reader, counts) : graphmlLines(reader, counts);
    await writeWhole(path, (unfinished) => pipeline(Readable.from(lines), createWriteStream(unfinished), signal ? { signal } : {}));
  } finally {
    reader.close();
  }
  return { path, ...counts };
}

const nodes = (database: Database.Database): IterableIterator<NodeRow> =>
  database.prepare<[], NodeRow>("SELECT * FROM nodes ORDER BY id").iterate();
const edges = (database: Database.Database): IterableIterator<EdgeRow> =>
  database.prepare<[], EdgeRow>("SELECT * FROM edges ORDER BY source, kind, target").iterate();

function* jsonLines(database: Database.Database, counts: { nodes: number; edges: number }): Generator<string> {
  yield '{"nodes":[';
  for (const row of nodes(database)) yield `${counts.nodes++ === 0 ? "" : ","}\n${JSON.stringify(row)}`;
  yield '],\n"edges":[';
  for (const row of edges(database)) yield `${counts.edges++ === 0 ? "" : ","}\n${JSON.stringify(row)}`;
  yield "]}\n";
}

const NODE_KEYS = ["kind", "label", "document_id", "content_hash", "job_id", "run_id", "created_at"] as const;
const EDGE_KEYS = ["kind", "weight", "count", "document_id", "content_hash", "job_id", "run_id", "created_at"] as const;
const NUMBERS = new Set(["weight", "count"]);

/** GraphML 1.0: http://graphml.graphdrawing.org/primer/graphml-primer.html */
function* graphmlLines(database: Database.Database, counts: { nodes: number; edges: number }): Generator<string> {
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n';
  for (const [domain, keys] of [
    ["node", NODE_KEYS],
    ["edge", EDGE_KEYS],
  ] as const) {
    for (const key of keys)
      yield `  <key id="${domain}_${key}" for="${domain}" attr.name="${key}" attr.type="${NUMBERS.has(key) ? "double" : "string"}"/>\n`;
  }
  yield '  <graph edgedefault="directed">\n';
  for (const row of nodes(database)) {
    counts.nodes += 1;
    yield `    <node id="${xml(row.id)}">${NODE_KEYS.map((key) => data("node", key, row[key])).join("")}</node>\n`;
  }
  for (const row of edges(database)) {
    counts.edges += 1;
    yield `    <edge source="${xml(row.source)}" target="${xml(row.target)}">${EDGE_KEYS.map((key) => data("edge", key, row[key])).join("")}</edge>\n`;
  }
  yield "  </graph>\n</graphml>\n";
}

function data(domain: "node" | "edge", key: string, value: string | number | null): string {
  return value === null ? "" : `<data key="${domain}_${key}">${xml(String(value))}</data>`;
}

/** XML 1.0 cannot hold most control characters, not even escaped. */
function xml(text: string): string {
  return encodeXML(text.replace(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu, ""));
}
