import type Database from "better-sqlite3";

export interface ReportDocument {
  readonly id: string;
  readonly path: string;
  readonly title: string;
  readonly kind: string;
  readonly bytes: number;
  readonly language: string;
  readonly words: number;
  readonly readingEase: number | null;
  readonly sections: number;
  readonly contentHash: string;
  readonly jobId: string | null;
}

export interface ReportTerm {
  readonly term: string;
  readonly documents: number;
  readonly count: number;
}

export interface ReportLink {
  readonly source: string;
  readonly target: string;
  readonly kind: string;
  readonly count: number;
}

export interface ReportData {
  readonly documents: readonly ReportDocument[];
  readonly sections: number;
  readonly distinctTerms: number;
  readonly topTerms: readonly ReportTerm[];
  /** Between documents, and from documents to sites. */
  readonly links: readonly ReportLink[];
  readonly sites: number;
}

/** Everything the report shows: of one run, or with null of the whole graph. */
export function reportData(database: Database.Database, runId: string | null): ReportData {
  const scope = "(SELECT id FROM documents WHERE @run IS NULL OR id IN (SELECT document_id FROM document_runs WHERE run_id = @run))";
  const all = <Row>(sql: string): Row[] => database.prepare<[{ run: string | null }], Row>(sql).all({ run: runId });
  const count = (sql: string): number => all<{ count: number }>(sql)[0]?.count ?? 0;
  return {
    documents: all<ReportDocument>(
      `SELECT d.id, d.path, d.title, d.kind, d.bytes, d.language, d.words, d.reading_ease AS readingEase, d.content_hash AS contentHash, d.job_id AS jobId,
         (SELECT count(*) FROM edges e WHERE e.source = d.id AND e.kind = 'contains') AS sections
       FROM documents d WHERE d.id IN ${scope} ORDER BY d.path`,
    ),
    sections: count(`SELECT count(*) AS count FROM edges WHERE kind = 'contains' AND document_id IN ${scope}`),
    distinctTerms: count(`SELECT count(DISTINCT target) AS count FROM edges WHERE kind = 'mentions' AND document_id IN ${scope}`),
    topTerms: all<ReportTerm>(
      `SELECT n.label AS term, count(*) AS documents, sum(e.count) AS count FROM edges e JOIN nodes n ON n.id = e.target
       WHERE e.kind = 'mentions' AND e.document_id IN ${scope} GROUP BY n.id ORDER BY documents DESC, count DESC, term LIMIT 20`,
    ),
    links: all<ReportLink>(
      `SELECT source, target, kind, count FROM edges WHERE kind IN ('links_to', 'cites') AND document_id IN ${scope} ORDER BY source, target`,
    ),
    sites: count(`SELECT count(DISTINCT target) AS count FROM edges WHERE kind = 'cites' AND document_id IN ${scope}`),
  };
}
