import { formatNumber, html, type Markup } from "./html.ts";
import type { ReportData, ReportDocument, ReportTerm } from "./report-data.ts";

interface Bar {
  readonly label: string;
  readonly value: number;
  readonly note: string;
}

/** Horizontal bars as a list: names can be read, selected and spoken, and bars fit any width. */
function bars(entries: readonly Bar[], nothing: string): Markup {
  if (entries.length === 0) return html`<p class="empty">${nothing}</p>`;
  const max = Math.max(1, ...entries.map(({ value }) => value));
  return html`<ol class="bars">${entries.map(
    ({ label, value, note }) =>
      html`<li><span class="name" title="${label}">${label}</span><span class="track"><span class="fill" style="${`width:${((value / max) * 100).toFixed(1)}%`}"></span></span><span class="value">${note}</span></li>`,
  )}</ol>`;
}

export function termChart(terms: readonly ReportTerm[]): Markup {
  return bars(
    terms.map(({ term, documents, count }) => ({
      label: term,
      value: documents,
      note: `${formatNumber(documents)} · ${formatNumber(count)}×`,
    })),
    "No term stands out.",
  );
}

/** Sites by the documents that cite them. */
export function siteChart({ links }: ReportData, limit: number): Markup {
  const counts = new Map<string, number>();
  for (const { target, kind } of links) if (kind === "cites") counts.set(target, (counts.get(target) ?? 0) + 1);
  return bars(
    [...counts]
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .slice(0, limit)
      .map(([id, value]) => ({ label: id.replace(/^site:/, ""), value, note: formatNumber(value) })),
    "No document links to a site.",
  );
}

/** How the languages share the documents: one bar, as most folders have one language and a few words of others. */
export function languageChart(documents: readonly ReportDocument[]): Markup {
  if (documents.length === 0) return html`<p class="empty">No document, no language.</p>`;
  const counts = new Map<string, number>();
  for (const { language } of documents) counts.set(language, (counts.get(language) ?? 0) + 1);
  const order = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  const shown = order.slice(0, 6).map(([code, count], index) => ({ name: languageName(code), count, colour: `c${index}` }));
  const rest = order.slice(6).reduce((sum, [, count]) => sum + count, 0);
  const parts = rest === 0 ? shown : [...shown, { name: `${order.length - 6} others`, count: rest, colour: "cx" }];
  return html`<div class="share" aria-hidden="true">${parts.map(({ count, colour }) => html`<span class="${colour}" style="${`flex:${count}`}"></span>`)}</div>
<ul class="legend">${parts.map(({ name, count, colour }) => html`<li><i class="${colour}"></i>${name} <span>${formatNumber(count)}</span></li>`)}</ul>`;
}

function languageName(code: string): string {
  if (code === "und") return "too little text";
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code) ?? code;
  } catch {
    return code;
  }
}
