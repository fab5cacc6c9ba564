import { createHash } from "node:crypto";
import type Database from "better-sqlite3";
import { documentLinks, webAddress } from "./document-links.ts";
import type { Provenance } from "./graph-database.ts";
import type { AnalysisInput, DocumentInput } from "./graph-input.ts";

export interface Added {
  readonly documentId: string;
  /** `unchanged`: the same bytes were in the graph already; only the run is recorded. */
  readonly status: "added" | "replaced" | "unchanged";
  readonly nodes: number;
  readonly edges: number;
}

/** Puts one document with its sections, terms and links into the graph, in one transaction. Doing it twice changes nothing. */
export function addDocument(database: Database.Database, document: DocumentInput, analysis: AnalysisInput, provenance: Provenance): Added {
  return database.transaction(() => new DocumentWriter(database, document, analysis, provenance).write()).immediate();
}

/** Takes a document and everything that stands in the graph only because of it out again. False when it is not there. */
export function removeDocument(database: Database.Database, path: string): boolean {
  return database
    .transaction(() => {
      const id = documentIdOf(path);
      const known = database.prepare("SELECT 1 FROM documents WHERE id = ?").get(id) !== undefined;
      if (known) erase(database, id);
      return known;
    })
    .immediate();
}

export function documentIdOf(path: string): string {
  return `doc:${createHash("sha256").update(path).digest("hex").slice(0, 16)}`;
}

class DocumentWriter {
  readonly #database: Database.Database;
  readonly #document: DocumentInput;
  readonly #analysis: AnalysisInput;
  readonly #provenance: Provenance;
  readonly #id: string;
  readonly #insertNode: Database.Statement;
  readonly #insertEdge: Database.Statement;
  #nodes = 0;
  #edges = 0;

  constructor(database: Database.Database, document: DocumentInput, analysis: AnalysisInput, provenance: Provenance) {
    this.#database = database;
    this.#document = document;
    this.#analysis = analysis;
    this.#provenance = provenance;
    this.#id = documentIdOf(document.path);
    this.#insertNode = database.prepare("INSERT OR IGNORE INTO nodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#insertEdge = database.prepare("INSERT OR REPLACE INTO edges VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  }

  write(): Added {
    const earlier = this.#database
      .prepare<[string], { content_hash: string }>("SELECT content_hash FROM documents WHERE id = ?")
      .get(this.#id);
    this.#recordRun();
    if (earlier?.content_hash === this.#document.contentHash) return { documentId: this.#id, status: "unchanged", nodes: 0, edges: 0 };
    if (earlier !== undefined) erase(this.#database, this.#id);
    this.#writeDocument();
    this.#writeSections();
    this.#writeTerms();
    this.#writeLinks();
    return { documentId: this.#id, status: earlier === undefined ? "added" : "replaced", nodes: this.#nodes, edges: this.#edges };
  }

  #recordRun(): void {
    const { runId, jobId, at } = this.#provenance;
    if (runId !== null)
      this.#database
        .prepare("INSERT OR REPLACE INTO document_runs (document_id, run_id, job_id, at) VALUES (?, ?, ?, ?)")
        .run(this.#id, runId, jobId, at);
  }

  #writeDocument(): void {
    const { path, title, kind, bytes, encoding, warnings } = this.#document;
    const { language, words, sentences, readability } = this.#analysis;
    this.#database
      .prepare("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(
        this.#id,
        path,
        title,
        kind,
        bytes,
        encoding,
        language.code,
        words.count,
        sentences.count,
        readability.fleschReadingEase ?? null,
        JSON.stringify(warnings),
        ...this.#origin(),
      );
    this.#node(this.#id, "document", title, this.#id, { path, kind });
  }

  #writeSections(): void {
    const passage = this.#database.prepare("INSERT INTO passages (title, body, document_id, section_id) VALUES (?, ?, ?, ?)");
    for (const section of this.#document.sections) {
      const id = `${this.#id}#${section.id}`;
      this.#node(id, "section", section.title, this.#id, { level: section.level });
      this.#edge(this.#id, id, "contains", 1, 1);
      passage.run(section.title === "" ? this.#document.title : section.title, section.text, this.#id, id);
    }
  }

  #writeTerms(): void {
    for (const { term, count, score } of this.#analysis.terms) {
      const id = `term:${term}`;
      this.#node(id, "term", term, null, {});
      this.#edge(this.#id, id, "mentions", score, count);
    }
  }

  #writeLinks(): void {
    const { addresses, sites } = documentLinks(this.#document);
    for (const [site, count] of sites) {
      this.#node(`site:${site}`, "site", site, null, {});
      this.#edge(this.#id, `site:${site}`, "cites", count, count);
    }
    const known = this.#database.prepare<[string], { document_id: string }>("SELECT document_id FROM addresses WHERE address = ?");
    const pending = this.#database.prepare("INSERT OR REPLACE INTO pending_links (document_id, address, count) VALUES (?, ?, ?)");
    this.#claimAddresses();
    for (const [address, count] of addresses) {
      const target = known.get(address)?.document_id;
      if (target === undefined) pending.run(this.#id, address, count);
      else if (target !== this.#id) this.#edge(this.#id, target, "links_to", count, count);
    }
  }

  /** Of two documents under one address the first keeps it. Links of others that had to wait keep their own provenance. */
  #claimAddresses(): void {
    const claim = this.#database.prepare("INSERT OR IGNORE INTO addresses VALUES (?, ?)");
    const pages = this.#document.addresses.map(webAddress).filter((page) => page !== null);
    for (const address of [this.#document.path, ...pages]) {
      if (claim.run(address, this.#id).changes === 0) continue;
      this.#database
        .prepare(
          `INSERT OR REPLACE INTO edges SELECT p.document_id, ?, 'links_to', p.count, p.count, p.document_id, d.content_hash, d.job_id, d.run_id, d.created_at
           FROM pending_links p JOIN documents d ON d.id = p.document_id WHERE p.address = ? AND p.document_id <> ?`,
        )
        .run(this.#id, address, this.#id);
      this.#database.prepare("DELETE FROM pending_links WHERE address = ?").run(address);
    }
  }

  #node(id: string, kind: string, label: string, documentId: string | null, data: object): void {
    this.#nodes += this.#insertNode.run(id, kind, label, documentId, JSON.stringify(data), ...this.#origin()).changes;
  }

  #edge(source: string, target: string, kind: string, weight: number, count: number): void {
    this.#edges += this.#insertEdge.run(source, target, kind, weight, count, this.#id, ...this.#origin()).changes;
  }

  #origin(): [string, string | null, string | null, string] {
    const { contentHash, jobId, runId, at } = this.#provenance;
    return [contentHash, jobId, runId, at];
  }
}

function erase(database: Database.Database, id: string): void {
  // Links of others that led here wait for it to come back.
  database
    .prepare(
      "INSERT OR REPLACE INTO pending_links SELECT e.document_id, d.path, e.count FROM edges e JOIN documents d ON d.id = e.target WHERE e.target = ? AND e.kind = 'links_to'",
    )
    .run(id);
  database.prepare("DELETE FROM addresses WHERE document_id = ?").run(id);
  const shared = database
    .prepare<[string], { target: string }>("SELECT DISTINCT target FROM edges WHERE document_id = ? AND kind IN ('mentions', 'cites')")
    .all(id);
  database.prepare("DELETE FROM edges WHERE document_id = ? OR target = ?").run(id, id);
  database.prepare("DELETE FROM nodes WHERE document_id = ?").run(id);
  const abandoned = database.prepare("DELETE FROM nodes WHERE id = @id AND NOT EXISTS (SELECT 1 FROM edges WHERE target = @id)");
  for (const { target } of shared) abandoned.run({ id: target });
  database.prepare("DELETE FROM pending_links WHERE document_id = ?").run(id);
  database.prepare("DELETE FROM passages WHERE document_id = ?").run(id);
  database.prepare("DELETE FROM documents WHERE id = ?").run(id);
}
