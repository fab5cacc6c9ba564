import { formatBytes, formatNumber, html, type Markup } from "./html.ts";
import type { ReportDocument } from "./report-data.ts";

interface Column {
  /** Where the column begins on the axis. */
  readonly tick: string;
  readonly value: number;
  readonly note: string;
}

const [WIDTH, HEIGHT, TOP, BOTTOM] = [480, 230, 22, 34];

/** Columns over an axis: the form in which a distribution can be seen. */
function columns(title: string, entries: readonly Column[]): Markup {
  const max = Math.max(1, ...entries.map(({ value }) => value));
  const step = WIDTH / entries.length;
  const floor = HEIGHT - BOTTOM;
  return html`<svg class="columns" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${`${title}: ${entries.map(({ note, value }) => `${note}: ${value}`).join("; ")}`}">
${entries.map(({ tick, value, note }, index) => {
  const height = value === 0 ? 0 : Math.max(2, (value / max) * (floor - TOP));
  return html`<g transform="translate(${(index * step).toFixed(1)} 0)"><title>${`${note}: ${formatNumber(value)}`}</title>
<rect class="bar" x="2" y="${(floor - height).toFixed(1)}" width="${(step - 4).toFixed(1)}" height="${height.toFixed(1)}" rx="3"/>
<text class="value" x="${(step / 2).toFixed(1)}" y="${(floor - height - 7).toFixed(1)}" text-anchor="middle">${value === 0 ? "" : formatNumber(value)}</text>
<text class="label" x="${index === 0 ? 2 : 0}" y="${floor + 20}" text-anchor="${index === 0 ? "start" : "middle"}">${tick}</text></g>`;
})}
<line class="axis" x1="0" x2="${WIDTH}" y1="${floor + 0.5}" y2="${floor + 0.5}"/></svg>`;
}

/** How large the documents are; from the second on every column is twice as wide as the one before. */
export function sizeChart(documents: readonly ReportDocument[]): Markup {
  const starts = [0, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000];
  return columns(
    "Documents by size",
    starts.map((from, index) => {
      const to = starts[index + 1] ?? Number.POSITIVE_INFINITY;
      const value = documents.filter(({ bytes }) => bytes >= from && bytes < to).length;
      const short = from < 1000 ? formatBytes(from) : `${from / 1000} kB`;
      return {
        tick: index === 0 ? "0" : short,
        value,
        note: `${short} and more${to === Number.POSITIVE_INFINITY ? "" : `, below ${formatBytes(to)}`}`,
      };
    }),
  );
}

/** Flesch reading ease of the English documents: below 30 is a scientific paper, above 70 plain English. */
export function readabilityChart(documents: readonly ReportDocument[]): Markup {
  const values = documents.map(({ readingEase }) => readingEase).filter((value) => value !== null);
  return columns(
    "Documents by reading ease",
    Array.from({ length: 10 }, (_, index) => {
      const [from, to] = [index * 10, index * 10 + 10];
      const value = values.filter((ease) => (index === 0 || ease >= from) && (index === 9 || ease < to)).length;
      return { tick: index === 0 ? "hard" : String(from), value, note: `Reading ease ${from} to ${to}` };
    }),
  );
}
