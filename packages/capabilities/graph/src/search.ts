import type Database from "better-sqlite3";

export interface SearchHit {
  readonly path: string;
  readonly document: string;
  readonly section: string;
  /** Around the match, which stands between `«` and `»`. */
  readonly snippet: string;
  /** Higher is better. */
  readonly score: number;
}

/** Full-text search over titles and sections; every word must occur, the last one may be a beginning. */
export function search(database: Database.Database, query: string, limit: number): SearchHit[] {
  const expression = matchExpression(query);
  if (expression === null) return [];
  return database
    .prepare<[string, number], SearchHit>(
      `SELECT d.path AS path, d.title AS document, p.title AS section, snippet(passages, 1, '«', '»', '…', 16) AS snippet, -bm25(passages, 4.0, 1.0) AS score
       FROM passages p JOIN documents d ON d.id = p.document_id WHERE passages MATCH ? ORDER BY bm25(passages, 4.0, 1.0) LIMIT ?`,
    )
    .all(expression, limit);
}

/** The words of a query as FTS5 strings, so that nothing a person types is read as its syntax; null without a word. */
export function matchExpression(query: string): string | null {
  const words = query.match(/[\p{L}\p{N}_]+/gu);
  if (words === null) return null;
  return words.map((word, index) => `"${word}"${index === words.length - 1 ? "*" : ""}`).join(" ");
}
