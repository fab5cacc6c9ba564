import type { Figure, Findings, Ratio } from "./figures.ts";

/** Findings as tables for people: medians, a column for every subject; then the ratios with their range and goal. */
export function printTable({ figures, ratios, observed }: Findings, cpuUsedByOthers: number | null, print: (line: string) => void): void {
  printRows(figureRows(figures), print);
  print("");
  printRows([["ratio", "median (range)", "n", "goal"], ...Object.entries(ratios).map(([name, ratio]) => ratioRow(name, ratio))], print);
  for (const [name, value] of Object.entries(observed)) print(`  ${name}: ${JSON.stringify(value)}`);
  if (cpuUsedByOthers !== null && cpuUsedByOthers > 0.3) {
    print(`  Others used ${Math.round(cpuUsedByOthers * 100)} % of the machine meanwhile: trust ratios and processor time, not wall time.`);
  }
}

function figureRows(figures: Readonly<Record<string, Figure>>): readonly (readonly string[])[] {
  const split = Object.entries(figures).map(([name, figure]) => {
    const [base = name, subject = ""] = name.split("@");
    return { base, subject, figure };
  });
  const subjects = [...new Set(split.map(({ subject }) => subject))].sort();
  const bases = [...new Set(split.map(({ base }) => base))];
  const rows = bases.map((base) => {
    const own = split.filter((entry) => entry.base === base);
    const cells = subjects.map((subject) => readable(own.find((entry) => entry.subject === subject)?.figure.median));
    return [base, own[0]?.figure.unit ?? "", ...cells];
  });
  return [["figure", "unit", ...subjects.map((subject) => (subject === "" ? "median" : `@${subject}`))], ...rows];
}

function ratioRow(name: string, { median, min, max, n, goal, met }: Ratio): readonly string[] {
  const limit = goal === null ? "" : "atMost" in goal ? `at most ${goal.atMost}: ` : `at least ${goal.atLeast}: `;
  return [
    name,
    `${readable(median)} (${readable(min)} to ${readable(max)})`,
    String(n),
    `${limit}${met === null ? "" : met ? "met" : "MISSED"}`,
  ];
}

function printRows(rows: readonly (readonly string[])[], print: (line: string) => void): void {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows)
    print(
      `  ${row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd()}`,
    );
}

function readable(value: number | undefined): string {
  return value === undefined ? "-" : String(Number(value.toPrecision(3)));
}
