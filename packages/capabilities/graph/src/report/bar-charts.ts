import { formatBytes, formatNumber, html, type Markup } from "./html.ts";
import type { ReportDocument, ReportTerm } from "./report-data.ts";

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly note: string;
}

/** Horizontal bars with their labels: the form in which names can be read. */
function horizontalBars(title: string, bars: readonly Bar[]): Markup {
  const max = Math.max(1, ...bars.map(({ value }) => value));
  const [row, left, width] = [26, 170, 560];
  return html`<svg viewBox="0 0 ${left + width + 120} ${bars.length * row + 4}" role="img" aria-label="${`${title}: ${bars.map(({ label, note }) => `${label} ${note}`).join(", ")}`}">
${bars.map(
  ({ label, value, note }, index) => html`<g transform="translate(0 ${index * row})"><title>${`${label}: ${note}`}</title>
<text class="label" x="${left - 10}" y="18" text-anchor="end">${shorten(label, 24)}</text>
<rect class="bar" x="${left}" y="4" width="${Math.max(2, (value / max) * width).toFixed(1)}" height="18" rx="3"/>
<text class="value" x="${(left + Math.max(2, (value / max) * width) + 8).toFixed(1)}" y="18">${note}</text></g>`,
)}</svg>`;
}

/** Columns over an axis: the form in which a distribution can be seen. */
function columns(title: string, bars: readonly Bar[]): Markup {
  const max = Math.max(1, ...bars.map(({ value }) => value));
  const [step, height] = [54, 150];
  return html`<svg viewBox="0 0 ${bars.length * step} ${height + 46}" role="img" aria-label="${`${title}: ${bars.map(({ label, value }) => `${label}: ${value}`).join(", ")}`}">
${bars.map(({ label, value, note }, index) => {
  const barHeight = value === 0 ? 0 : Math.max(2, (value / max) * height);
  return html`<g transform="translate(${index * step} 0)"><title>${`${note}: ${formatNumber(value)}`}</title>
<rect class="bar" x="4" y="${(height + 18 - barHeight).toFixed(1)}" width="${step - 8}" height="${barHeight.toFixed(1)}" rx="3"/>
<text class="value" x="${step / 2}" y="${(height + 12 - barHeight).toFixed(1)}" text-anchor="middle">${value === 0 ? "" : formatNumber(value)}</text>
<text class="label" x="${step / 2}" y="${height + 36}" text-anchor="middle">${label}</text></g>`;
})}
<line class="axis" x1="0" x2="${bars.length * step}" y1="${height + 18.5}" y2="${height + 18.5}"/></svg>`;
}

/** How large the documents are; every column is twice as wide as the one before. */
export function sizeChart(documents: readonly ReportDocument[]): Markup {
  const limits = [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072, Number.POSITIVE_INFINITY];
  const bars = limits.map((limit, index) => {
    const from = index === 0 ? 0 : (limits[index - 1] ?? 0);
    const value = documents.filter(({ bytes }) => bytes >= from && bytes < limit).length;
    const label = limit === Number.POSITIVE_INFINITY ? `≥${formatBytes(from)}` : `<${formatBytes(limit)}`;
    return {
      label,
      value,
      note: `${formatBytes(from)} and more${limit === Number.POSITIVE_INFINITY ? "" : `, below ${formatBytes(limit)}`}`,
    };
  });
  return columns("Documents by size", bars);
}

export function termChart(terms: readonly ReportTerm[]): Markup {
  return horizontalBars(
    "Terms by documents",
    terms.map(({ term, documents, count }) => ({
      label: term,
      value: documents,
      note: `${formatNumber(documents)} docs · ${formatNumber(count)}×`,
    })),
  );
}

export function languageChart(documents: readonly ReportDocument[]): Markup {
  const names = new Intl.DisplayNames(["en"], { type: "language" });
  const counts = new Map<string, number>();
  for (const { language } of documents) counts.set(language, (counts.get(language) ?? 0) + 1);
  const bars = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 8);
  return horizontalBars(
    "Documents by language",
    bars.map(([code, value]) => ({
      label: code === "und" ? "too little text" : (names.of(code) ?? code),
      value,
      note: formatNumber(value),
    })),
  );
}

/** Flesch reading ease of the English documents: below 30 is a scientific paper, above 70 plain English. */
export function readabilityChart(documents: readonly ReportDocument[]): Markup {
  const values = documents.map(({ readingEase }) => readingEase).filter((value) => value !== null);
  const bars = Array.from({ length: 10 }, (_, index) => {
    const [from, to] = [index * 10, index * 10 + 10];
    const value = values.filter((ease) => (index === 0 || ease >= from) && (index === 9 || ease < to)).length;
    return { label: index === 0 ? "<10" : index === 9 ? "≥90" : `${from}–${to}`, value, note: `Reading ease ${from} to ${to}` };
  });
  return columns("Documents by reading ease", bars);
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
