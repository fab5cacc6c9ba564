import { stripVTControlCharacters } from "node:util";

/** Rows as aligned lines with two spaces between columns. Lines longer than `columns` lose the rest of their last cell. */
export function textTable(rows: readonly (readonly string[])[], columns: number): readonly string[] {
  const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map((row) => width(row[index] ?? ""))));
  return rows.map((row) => {
    const line = row
      .map((cell, index) => (index === row.length - 1 ? cell : cell + " ".repeat((widths[index] ?? 0) - width(cell))))
      .join("  ");
    return width(line) <= columns ? line : `${stripVTControlCharacters(line).slice(0, columns - 1)}…`;
  });
}

function width(text: string): number {
  return stripVTControlCharacters(text).length;
}
